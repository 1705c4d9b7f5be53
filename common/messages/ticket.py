"""A ticket: up to 500 records of work for one service and partition (architecture.md §2)."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from common.domain.instant import Instant
from common.domain.model import Model
from common.messages.record import Record
from common.messages.topology import Service

FRAME = 500
"""Most records in one ticket, and in one batch."""

FRAME_BYTES = 1_000_000
RECORD_OVERHEAD = 1_000


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

    @cached_property
    def weight(self) -> int:
        """About how many bytes its records take."""
        return sum(record.size + RECORD_OVERHEAD for record in self.records)


def frames(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Cut records, in order, into frames of at most 500 and about 1 MB."""
    frame: list[Record] = []
    size = 0
    for record in records:
        weight = record.size + RECORD_OVERHEAD
        if frame and (len(frame) == FRAME or size + weight > FRAME_BYTES):
            yield frame
            frame, size = [], 0
        frame.append(record)
        size += weight
    if frame:
        yield frame
