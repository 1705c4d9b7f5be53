"""The reference for what an installation did: the services' pure decisions, run over the order that it recorded.

Decisions are kept in the order in which they were made, each with the record or timer that it was made on and the
business time. That order is first found to be legal; then everything is decided once more, over stores in memory.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from common.domain.contact import ContactData
from common.domain.decision import Decision, Verdict
from common.domain.flow import Flow
from common.domain.participant import Participant
from common.messages.record import Record
from common.messages.topology import Service
from services.command_line.stories.stage import Stage


@dataclass(frozen=True, slots=True)
class Fired:
    """A timer, due and fired at these business times."""

    due: datetime
    at: datetime


class Illegal(AssertionError):
    """No order of events and timers could have led to these decisions."""


class Reference(Stage):
    """One contact at a time: `knows`, then `decide` all that was decided about it."""

    def __init__(self, flows: Mapping[str, Flow], start: datetime) -> None:
        super().__init__(flows, start)
        self.raised: dict[str, Record] = {}
        self.fired: list[Fired] = []

    def begin(self, contact: str, data: ContactData) -> None:
        """Somebody else, who was there before."""
        rows: tuple[dict[str, Any], ...] = (
            self.contacts.rows, self.participants.rows, self.effects.rows, self.raised
        )  # fmt: skip
        for each in rows:
            each.clear()
        self.decisions.rows.clear()
        self.knows(contact, data.model_dump(exclude_unset=True))

    async def decide(self, recorded: Sequence[Decision], archive: Mapping[str, Record]) -> None:
        """Everything that was decided, in its order. Raises `Illegal`."""
        for kind, rows in in_order(recorded):
            at = rows[0].at
            if at < self.now and self.decisions.rows:
                raise Illegal(f"{rows[0].id} was decided before what was decided before it")
            self.now = at
            if kind is None:
                await self._ring(rows[0].participant or "")
            else:
                await self._repeat(archive.get(kind) or self.raised[kind])

    async def _ring(self, participant: str) -> None:
        timer = self.participants.rows[participant]
        if timer.due is None or timer.due > self.now:
            raise Illegal(f"{participant} was woken at {self.now}, and is due {timer.due}")
        self.fired.append(Fired(timer.due, self.now))
        await self._note(await self._decide(self._executor, (), [timer]))

    async def _repeat(self, record: Record) -> None:
        due = [each.due for each in self.participants.rows.values() if each.due and each.due <= record.time]
        self.fired += [Fired(each, self.now) for each in due]
        records: Sequence[Record] = [record]
        for handler in self._road:
            answered = await self._decide(handler, records)
            records = [each for service, each in answered if service is None]
        await self._note(await self._decide(self._executor, records))

    async def _note(self, posted: Sequence[tuple[Service | None, Record]]) -> None:
        self.raised |= {each.id: each for service, each in posted if service is Service.TRIGGER}


def in_order(recorded: Sequence[Decision]) -> Iterator[tuple[str | None, list[Decision]]]:
    """What was decided on, one after the other: a record (by its id) for all flows at once, a timer by itself."""
    seen: set[str] = set()
    for record, group in groupby(recorded, key=lambda row: row.record):
        rows = list(group)
        if record is None:
            yield from ((None, [row]) for row in rows)
        elif record in seen or len({(row.flow, row.participant) for row in rows}) < len(rows):
            raise Illegal(f"{record} was decided twice")
        else:
            seen.add(record)
            yield record, rows


def of_passages(rows: Sequence[Decision]) -> list[Decision]:
    """Without those that only tell what became of a message."""
    return [row for row in rows if row.verdict is not Verdict.MESSAGE]


def bare(row: Decision) -> dict[str, Any]:
    """All but the id, which rises with the machine's time."""
    return row.model_dump(exclude={"id"})


def standing(passage: Participant) -> dict[str, Any]:
    """All but what a single partition does not know, and what became of the last message."""
    return passage.model_dump(exclude={"partition": True, "last_message": {"status"}})
