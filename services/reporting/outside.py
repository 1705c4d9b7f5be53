"""Tells other systems what happened: reporting's second hand, with tickets of its own."""

from collections.abc import Callable

from common.messages.outside import to_outside
from common.messages.record import Record
from common.ports import OutsideEvents
from common.runtime.handler import Batch, HasNoTimers, KeepsNoTime, Outcome


class OutsideHandler(KeepsNoTime):
    """A batch's events go out before its tickets are taken: whatever is cut short between is told again, nothing
    is left out. `told` hears how many went out."""

    def __init__(self, outside: OutsideEvents, told: Callable[[int], None]) -> None:
        self._outside = outside
        self._told = told

    async def load(self, batch: Batch) -> "Told":
        """Raises `Unavailable` while the bus is away; the tickets wait."""
        events = [to_outside(record) for record in batch.records]
        await self._outside.tell(events)
        self._told(len(events))
        return Told()


class Told(HasNoTimers):
    """Nothing is left to decide."""

    def decide(self, record: Record) -> None:
        return

    def outcome(self) -> Outcome:
        return Outcome()
