"""Group commit: what arrives while a commit is under way forms the next one (architecture.md §2)."""

import asyncio
from collections import deque
from collections.abc import Sequence

from common.messages.record import Record
from common.messages.ticket import FRAME
from common.ports import Archive, Unavailable

IN_FLIGHT = 2
MOST_WAITING = 20_000
"""Records that may wait for a commit; more than that is pushed back."""


class Intake:
    """Accepts records: when `submit` returns, they are archived and ticketed."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._waiting: deque[tuple[list[Record], asyncio.Future[list[bool]]]] = deque()
        self._records = 0
        self._commits: set[asyncio.Task[None]] = set()

    async def submit(self, records: Sequence[Record]) -> list[bool]:
        """For each record whether it is new (`False`: a repeat). Raises `Unavailable` when nothing was kept."""
        if not records:
            return []
        if self._records + len(records) > MOST_WAITING:
            raise Unavailable("intake", retry_after=2)
        future: asyncio.Future[list[bool]] = asyncio.get_running_loop().create_future()
        self._waiting.append((list(records), future))
        self._records += len(records)
        self._start_commit()
        return await future

    def _start_commit(self) -> None:
        if self._waiting and len(self._commits) < IN_FLIGHT:
            commit = asyncio.create_task(self._commit(self._next_group()))
            self._commits.add(commit)
            commit.add_done_callback(self._commit_ended)

    def _commit_ended(self, commit: "asyncio.Task[None]") -> None:
        self._commits.discard(commit)
        self._start_commit()

    def _next_group(self) -> list[tuple[list[Record], "asyncio.Future[list[bool]]"]]:
        group = [self._waiting.popleft()]
        size = len(group[0][0])
        while self._waiting and size + len(self._waiting[0][0]) <= 2 * FRAME:
            size += len(self._waiting[0][0])
            group.append(self._waiting.popleft())
        self._records -= size
        return group

    async def _commit(self, group: list[tuple[list[Record], "asyncio.Future[list[bool]]"]]) -> None:
        unique: dict[str, Record] = {}
        for records, _ in group:
            for record in records:
                unique.setdefault(record.id, record)
        try:
            fresh = await self._archive.accept(list(unique.values()))
        except Exception as error:  # noqa: BLE001 - every caller of the group learns of it
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        new = {record_id for record_id, is_new in zip(unique, fresh, strict=True) if is_new}
        for records, future in group:
            answers = []
            for record in records:
                answers.append(record.id in new)
                new.discard(record.id)
            if not future.done():
                future.set_result(answers)
