"""Group commit: who waits for what, and what each is told."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from common.messages.record import Record
from common.ports import Unavailable
from common.runtime.intake import IN_FLIGHT, MOST_WAITING, Intake
from common.runtime.metrics import Intake as Outcome


class SlowArchive:
    """Keeps what it is given once it is opened, unless it fails."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.groups: list[list[str]] = []
        self.failure: Exception | None = None

    async def accept(self, records: Sequence[Record]) -> Sequence[bool]:
        self.groups.append([record.id for record in records])
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        return [True] * len(records)


def records(*ids: int) -> list[Record]:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [Record(id=str(number), type="t", source="s", time=at) for number in ids]


async def waiting(intake: Intake, *submissions: list[Record]) -> list["asyncio.Task[list[bool]]"]:
    tasks = [asyncio.create_task(intake.submit(each)) for each in submissions]
    await asyncio.sleep(0.01)
    return tasks


async def test_what_arrives_during_a_commit_forms_the_next_one() -> None:
    archive = SlowArchive()
    intake = Intake(archive)  # type: ignore[arg-type]
    tasks = await waiting(intake, *(records(n) for n in range(6)))
    assert len(archive.groups) == IN_FLIGHT
    archive.open.set()
    assert await asyncio.gather(*tasks) == [[True]] * 6
    assert archive.groups == [["0"], ["1"], ["2", "3", "4", "5"]]


async def test_a_repeat_within_a_group_is_new_for_the_first_only() -> None:
    archive = SlowArchive()
    intake = Intake(archive)  # type: ignore[arg-type]
    tasks = await waiting(intake, records(1), records(2), records(3, 4), records(4, 5))
    archive.open.set()
    assert (await asyncio.gather(*tasks))[2:] == [[True, True], [False, True]]


async def test_a_full_queue_pushes_back_and_takes_more_when_it_has_room() -> None:
    archive = SlowArchive()
    intake = Intake(archive)  # type: ignore[arg-type]
    lots = [records(*range(n * 1_000, (n + 1) * 1_000)) for n in range(MOST_WAITING // 1_000 + IN_FLIGHT)]
    tasks = await waiting(intake, *lots)
    with pytest.raises(Unavailable):
        await intake.submit(records(-1))
    archive.open.set()
    await asyncio.gather(*tasks)
    assert await intake.submit(records(-1)) == [True]


async def test_while_the_archive_is_away_all_who_wait_are_told_at_once() -> None:
    archive = SlowArchive()
    intake = Intake(archive)  # type: ignore[arg-type]
    tasks = await waiting(intake, *(records(*range(n * 800, (n + 1) * 800)) for n in range(10)))
    archive.failure = Unavailable("the archive")
    archive.open.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert len(archive.groups) == IN_FLIGHT


async def test_what_nobody_waits_for_any_more_is_not_committed() -> None:
    archive = SlowArchive()
    told: list[tuple[Outcome, int]] = []
    intake = Intake(archive, lambda outcome, records: told.append((outcome, records)))  # type: ignore[arg-type]
    tasks = await waiting(intake, *(records(n) for n in range(IN_FLIGHT + 3)))
    tasks[-2].cancel()
    tasks[-1].cancel()
    await asyncio.sleep(0)
    archive.open.set()
    await asyncio.wait(tasks)
    assert archive.groups == [["0"], ["1"], ["2"]]
    assert told.count((Outcome.UNAVAILABLE, 1)) == 2
    assert await intake.submit(records(9)) == [True]


async def test_a_commit_is_seen_through_though_who_brought_it_has_left() -> None:
    archive = SlowArchive()
    intake = Intake(archive)  # type: ignore[arg-type]
    left, stays = await waiting(intake, records(1), records(2))
    left.cancel()
    archive.open.set()
    assert await stays == [True]
    assert archive.groups == [["1"], ["2"]]
