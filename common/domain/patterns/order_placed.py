"""The contact placed an order; `event.amount` and the like are the order's data."""

from typing import ClassVar, Literal

from common.domain.event import ORDER_PLACED
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class OrderPlaced(Pattern):
    kind: Literal["order_placed"] = "order_placed"

    roles: ClassVar[frozenset[Role]] = frozenset({Role.TRIGGER, Role.CRITERION})

    @property
    def event_type(self) -> str:
        return ORDER_PLACED
