"""A ticket: up to 500 records of work for one service and partition (architecture.md §2)."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter

from common.domain.instant import Instant
from common.domain.model import Model
from common.messages.record import Record
from common.messages.topology import Service

FRAME = 500
"""Most records in one ticket, and in one batch."""

FRAME_BYTES = 1_000_000
RECORD_OVERHEAD = 1_000

QUICK = 1
"""Of zlib's levels: its work is made up for many times by what need not be written to disk, sent and copied."""

_RECORDS: TypeAdapter[Sequence[Record]] = TypeAdapter(tuple[Record, ...])


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

    @property
    def number(self) -> int:
        """Of its records."""
        return len(self.records)

    @cached_property
    def weight(self) -> int:
        """About how many bytes its records take."""
        return sum(record.size + RECORD_OVERHEAD for record in self.records)

    @cached_property
    def packed(self) -> bytes:
        """Its records as they are stored and as they travel: encoded once for both."""
        return pack(self.records)


def pack(records: Sequence[Record]) -> bytes:
    """As JSON without what is at its default, compressed; raises `ValueError` for what JSON can't hold."""
    return zlib.compress(_RECORDS.dump_json(tuple(records), exclude_defaults=True), QUICK)


def unpack(packed: bytes) -> Sequence[Record]:
    """The records of `pack`; raises `ValueError` for what it did not write."""
    try:
        return _RECORDS.validate_json(zlib.decompress(packed))
    except zlib.error as error:
        raise ValueError(f"not packed: {error}") from None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ticket that has arrived, and waits for its turn: what is asked of it before that, and the rest as it came.

    Its records, unpacked, take fifty times the room.
    """

    id: str
    seq: int | None
    number: int
    """Of its records."""
    weight: int
    body: bytes

    def opened(self) -> Ticket:
        """Raises `ValueError` for what `to_bytes` did not write."""
        line, _, packed = self.body.partition(b"\n")
        about = {
            name: told for name, told in _ABOUT.validate_json(line).items() if name in Ticket.model_fields
        }
        return Ticket.model_validate({**about, "records": unpack(packed)})


def to_bytes(ticket: Ticket) -> bytes:
    """A ticket to be sent: a line about it, then its records, packed."""
    about = ticket.model_dump(mode="json", exclude={"records"})
    return (
        _ABOUT.dump_json(about | {"number": ticket.number, "weight": ticket.weight}) + b"\n" + ticket.packed
    )


def sealed(ticket: Ticket) -> Sealed:
    """The ticket as it would arrive."""
    return Sealed(ticket.id, ticket.seq, ticket.number, ticket.weight, to_bytes(ticket))


def from_bytes(body: bytes) -> Sealed:
    """The ticket of `to_bytes`; raises `ValueError` where nothing is told about it."""
    about = _ABOUT.validate_json(body.partition(b"\n")[0])
    try:
        return Sealed(about["id"], about["seq"], about["number"], about["weight"], body)
    except KeyError as missing:
        raise ValueError(f"no ticket: {missing} is missing") from None


_ABOUT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


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
