"""Bulk enrolments, who they are about, and the schedules that begin some."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from common.domain.bulk import BulkEnrolment, BulkState, Chunk, Share, Tally
from common.domain.conditions import Asker
from common.domain.schedule import Schedule
from common.ports.road import Write


class Bulks(Protocol):
    """Each share is written by the owners of its partition, in their batches."""

    async def start(self, bulk: BulkEnrolment) -> bool:
        """Keep it and set it going, once for each id; `False`: it was there already."""
        ...

    async def change(self, bulk: str, state: BulkState) -> BulkEnrolment | None:
        """Pause, resume or cancel it; when this answers, nobody is suggested by what was decided before. `None`
        where the state can't be reached from its own."""
        ...

    async def get(self, bulk: str) -> BulkEnrolment | None: ...

    async def latest(self, flow: str | None, limit: int) -> Sequence[BulkEnrolment]:
        """Those started last, the latest first."""
        ...

    async def tallies(self, bulks: Collection[str]) -> Mapping[str, Tally]: ...

    async def share(self, bulk: str, partition: int) -> Share | None: ...

    async def chunk(self, share: Share, fields: Collection[str], asker: Asker) -> Chunk:
        """The next people of this share, with what these facts need of them."""
        ...

    def moved(self, share: Share, chunk: Chunk) -> Write:
        """The share behind these people. Outrun when the bulk enrolment was paused or cancelled meanwhile."""
        ...

    def finished(self, share: Share, *, closed: bool) -> Write: ...

    def tallied(self, partition: int, decided: Mapping[str, Tally]) -> Sequence[Write]:
        """What was decided on people of these bulk enrolments, added up."""
        ...


@dataclass(frozen=True, slots=True)
class UnreadableSchedule:
    """One whose document this release can't read, and why."""

    id: str
    why: str


class Schedules(Protocol):
    """Those of the open flows; written with the life-cycle acts of their flows."""

    async def next_due(self) -> datetime | None:
        """The first instant of all."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[Schedule | UnreadableSchedule]:
        """Those whose instant has come, the earliest first."""
        ...

    async def of(self, flow: str | None, limit: int) -> Sequence[Schedule | UnreadableSchedule]:
        """Those of one flow, or of all."""
        ...

    async def move(self, before: Schedule, after: Schedule, begins: BulkEnrolment | None) -> bool:
        """In one transaction behind an instant, with the bulk enrolment that begins at it. `False`: another has
        done so, or the flow was changed or ended meanwhile."""
        ...
