"""A sale that names the contact was sold."""

from typing import ClassVar, Literal

from common.domain.event import SALE_SOLD
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class SaleSold(Pattern):
    kind: Literal["sale_sold"] = "sale_sold"

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER})

    @property
    def event_type(self) -> str:
        return SALE_SOLD
