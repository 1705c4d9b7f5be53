"""What reporting is told besides decisions."""

from common.domain.event import SMS_REPORTED
from common.messages.following import of_message
from common.messages.record import Record
from services.executor.turn import Turn


def tell_of_message(turn: Turn, record: Record) -> None:
    """Reporting hears what readers did with a message, and what providers tell of it: an event at its own time, an
    operation when it is decided."""
    effect = turn.known.messages.get(str(record.data.get("effect")))
    fact = of_message(record, effect) if effect else None
    if effect is not None and fact is not None:
        turn.tell(effect.contact, fact, None if record.type == SMS_REPORTED else record.time)
