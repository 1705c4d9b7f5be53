"""A ticket: up to 500 records of work for one service and partition (architecture.md §2)."""

from common.domain.instant import Instant
from common.domain.model import Model
from common.messages.record import Record
from common.messages.topology import Service

FRAME = 500
"""Most records in one ticket, and in one batch."""


class Ticket(Model):
    """Outbox row of the sender, inbox row of the receiver.

    `seq` numbers the tickets that a partition's owner sends to the next service, from 1; everything else
    arrives unnumbered (`None`). `at` is machine time.
    """

    id: str
    service: Service
    partition: int
    seq: int | None = None
    at: Instant
    records: tuple[Record, ...]
