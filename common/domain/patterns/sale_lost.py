"""A sale that names the contact was lost."""

from typing import ClassVar, Literal

from common.domain.event import SALE_LOST
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class SaleLost(Pattern):
    kind: Literal["sale_lost"] = "sale_lost"

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER})

    @property
    def event_type(self) -> str:
        return SALE_LOST
