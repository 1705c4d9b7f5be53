"""Group commit: what arrives while a commit is under way forms the next one (architecture.md §2)."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from common.messages.record import Record
from common.messages.ticket import FRAME
from common.ports import Archive, Unavailable, Unstorable
from common.runtime.metrics import Intake as Outcome
from common.runtime.tracing import UNWATCHED, Tracing

IN_FLIGHT = 2
MOST_WAITING = 20_000
"""Records that may wait for a commit; more than that is pushed back."""


@dataclass(slots=True)
class Submission:
    """What one caller waits for."""

    records: list[Record]
    answer: asyncio.Future[list[bool]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def succeed(self, new: set[str]) -> None:
        """The first to name a record of `new` is the one who brought it."""
        answers = []
        for record in self.records:
            answers.append(record.id in new)
            new.discard(record.id)
        if not self.answer.done():
            self.answer.set_result(answers)


def uncounted(outcome: Outcome, records: int) -> None:
    """These records are no events from outside."""


def marked(records: Iterable[Record], mark: str | None, tracing: Tracing) -> list[Record]:
    """Each with a mark: in the trace that its sender names, else in that of the request that brings it, if any."""
    return [
        record.but(trace=tracing.arrival(record) if record.trace else mark)
        if record.trace or mark
        else record
        for record in records
    ]


class Intake:
    """Accepts records: when `submit` returns, they are archived and ticketed. `observe` hears what became of them.

    A record's `trace` is the `traceparent` that its sender gave it, if any.
    """

    def __init__(
        self,
        archive: Archive,
        observe: Callable[[Outcome, int], None] = uncounted,
        tracing: Tracing = UNWATCHED,
    ) -> None:
        self._archive = archive
        self._observe = observe
        self._tracing = tracing
        self._waiting: deque[Submission] = deque()
        self._records = 0
        self._commits: set[asyncio.Task[None]] = set()

    async def submit(self, records: Sequence[Record]) -> list[bool]:
        """For each record whether it is new (`False`: a repeat).

        Raises `Unavailable` when nothing is known to be kept, `Unstorable` when these records can't be. Cancelled, it
        gives up what waits for a commit; what is being committed may be kept.
        """
        if not records:
            return []
        try:
            with self._tracing.intake(len(records)) as mark:
                new = await self._submit(marked(records, mark, self._tracing))
        except (Unavailable, asyncio.CancelledError):
            self._observe(Outcome.UNAVAILABLE, len(records))
            raise
        self._observe(Outcome.ACCEPTED, sum(new))
        self._observe(Outcome.REPEATED, len(new) - sum(new))
        return new

    async def _submit(self, records: Sequence[Record]) -> list[bool]:
        if self._records + len(records) > MOST_WAITING:
            raise Unavailable("intake", retry_after=2)
        submission = Submission(list(records))
        self._waiting.append(submission)
        self._records += len(records)
        self._start_commit()
        return await submission.answer

    def _start_commit(self) -> None:
        if len(self._commits) < IN_FLIGHT and (group := self._next_group()):
            commit = asyncio.create_task(self._commit(group))
            self._commits.add(commit)
            commit.add_done_callback(self._commit_ended)

    def _commit_ended(self, commit: "asyncio.Task[None]") -> None:
        self._commits.discard(commit)
        self._start_commit()

    def _next_group(self) -> list[Submission]:
        """What nobody waits for any more is left out."""
        group: list[Submission] = []
        size = 0
        while self._waiting and (not group or size + len(self._waiting[0].records) <= 2 * FRAME):
            submission = self._waiting.popleft()
            self._records -= len(submission.records)
            if not submission.answer.cancelled():
                size += len(submission.records)
                group.append(submission)
        return group

    async def _commit(self, group: Sequence[Submission]) -> None:
        try:
            new = await self._accept(group)
        except Unstorable as error:
            await self._commit_each(group, error)
        except Unavailable as error:
            self._push_back([*group, *self._take_all()], error)
        except Exception as error:  # noqa: BLE001 - every caller of the group learns of it
            self._push_back(group, error)
        else:
            for submission in group:
                submission.succeed(new)

    async def _accept(self, group: Sequence[Submission]) -> set[str]:
        """Ids of those that are new."""
        unique: dict[str, Record] = {}
        for submission in group:
            for record in submission.records:
                unique.setdefault(record.id, record)
        fresh = await self._archive.accept(list(unique.values()))
        return {record_id for record_id, is_new in zip(unique, fresh, strict=True) if is_new}

    async def _commit_each(self, group: Sequence[Submission], error: Unstorable) -> None:
        """One caller's bad data must not sink the others'."""
        if len(group) == 1:
            self._push_back(group, error)
            return
        for submission in group:
            await self._commit([submission])

    def _take_all(self) -> list[Submission]:
        """Who waits for a commit would learn the same, one time-out later."""
        waiting = list(self._waiting)
        self._waiting.clear()
        self._records = 0
        return waiting

    def _push_back(self, submissions: Sequence[Submission], error: Exception) -> None:
        for submission in submissions:
            submission.fail(error)
