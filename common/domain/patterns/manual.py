"""People are suggested by hand, over the API or by another flow."""

from typing import ClassVar, Literal

from common.domain.event import ENROLMENT_SUGGESTED
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class Manual(Pattern):
    """Says that a flow waits for nothing else. It hears no event: a suggestion by hand names its flow, and
    any running or paused flow takes it, with this trigger or without."""

    kind: Literal["manual"] = "manual"
    conditions: tuple[()] = ()

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER})
    hears: ClassVar[bool] = False

    @property
    def event_type(self) -> str:
        return ENROLMENT_SUGGESTED
