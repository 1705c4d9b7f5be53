"""Users of the CRM: whom a contact or a record belongs to."""

from enum import StrEnum
from typing import ClassVar, Literal

from common.domain.conditions.asker import Asker
from common.domain.conditions.folding import fold
from common.domain.conditions.line import lines
from common.domain.conditions.list import ChoiceLine, ListOp


class UserOp(StrEnum):
    ONE_OF = "one_of"
    NOT_ONE_OF = "not_one_of"
    ALL_OF = "all_of"
    NONE_OF = "none_of"
    CURRENT_USER = "current_user"
    NOT_CURRENT_USER = "not_current_user"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"


_OWNERS = {UserOp.CURRENT_USER: ListOp.ONE_OF, UserOp.NOT_CURRENT_USER: ListOp.NOT_ONE_OF}


@lines.register
class UserLine(ChoiceLine):
    """The operators of `list`, and `current_user`: the owner of the flow that asks. A flow without an owner has
    no current user, so that nobody is it."""

    type: Literal["user"] = "user"
    op: UserOp

    negative: ClassVar[frozenset[str]] = ChoiceLine.negative | {UserOp.NOT_CURRENT_USER}

    @property
    def basis(self) -> ListOp:
        return _OWNERS.get(self.op) or ListOp(self.op)

    def choices(self, asker: Asker) -> list[str]:
        if self.op in _OWNERS:
            return [fold(asker.owner)] if asker.owner else []
        return super().choices(asker)

    def problem(self) -> str | None:
        if self.op in _OWNERS:
            return None if self.value is None else "takes no value"
        return super().problem()
