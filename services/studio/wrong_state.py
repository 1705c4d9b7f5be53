"""The refusal of an act that a flow's state does not allow."""

from common.domain.flow import StoredFlow
from common.domain.life_cycle import ActRefused
from common.runtime.problems import Conflict


class WrongState(Conflict):
    """`allowed` names what can be done instead."""

    slug, title = "wrong-state", "Not in this state"

    def __init__(self, refused: ActRefused, stored: StoredFlow) -> None:
        super().__init__(
            f"{stored.id}: {refused}",
            flow=stored.id,
            state=stored.state.value,
            allowed=sorted(act.value for act in refused.allowed),
        )
