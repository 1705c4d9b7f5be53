"""A sale that names the contact was created; `event.amount` and the like are the sale's data."""

from typing import ClassVar, Literal

from common.domain.event import SALE_CREATED
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class SaleCreated(Pattern):
    kind: Literal["sale_created"] = "sale_created"

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER, Role.CRITERION})

    @property
    def event_type(self) -> str:
        return SALE_CREATED
