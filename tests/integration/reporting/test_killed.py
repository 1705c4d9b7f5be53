"""Figures are exact, however often who counts is killed, and whatever is told again."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Commit
from services.reporting.pieces import CountsChecked
from services.reporting.verification import Verification
from services.reporting.versions import Versions
from tests.integration.reporting.conftest import PARTITIONS, Reporting, opened
from tests.integration.reporting.stories import Passage, some_passage, told_of
from tests.integration.reporting.test_reports import (
    PATH,
    check_engagement,
    check_messages,
    check_steps,
    check_totals,
    chosen,
)
from tests.support.mongod import Database
from tests.support.ports import free_port

KILLS = 3


@asynccontextmanager
async def counting(database: str, mongo_url: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as a process of its own, killed at the end."""
    settings = {
        "HEADRACE_MONGODB_URL": mongo_url,
        "HEADRACE_DATABASE": database,
        "HEADRACE_DATA_DIR": str(folder),
        "HEADRACE_PARTITIONS": str(PARTITIONS),
        "HEADRACE_PORT": str(free_port()),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.reporting", env=os.environ | settings,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def tell(reporting: Reporting, records: list[Record]) -> None:
    await reporting.process.batches.commit(Commit(posted=[(Service.REPORTING, record) for record in records]))


async def waiting(reporting: Reporting) -> int:
    return sum((await reporting.process.work.waiting()).values())


async def until_fewer(reporting: Reporting, tickets: int) -> None:
    async with asyncio.timeout(60):
        while await waiting(reporting) > tickets:  # noqa: ASYNC110 - another process rings no bell here
            await asyncio.sleep(0.005)


def told_twice(passages: list[Passage], dice: random.Random) -> list[list[Record]]:
    """Small tickets in the order in which it happened; a third of them once more, a little later."""
    facts = sorted(
        (record for n, passage in enumerate(passages) for record in told_of(n, passage)),
        key=lambda record: record.time,
    )
    tickets = [facts[start : start + 10] for start in range(0, len(facts), 10)]
    again = [(n + dice.randrange(1, 9), ticket) for n, ticket in enumerate(tickets) if dice.random() < 0.3]
    order = sorted([*enumerate(tickets), *again], key=lambda each: each[0])
    return [ticket for _, ticket in order]


async def test_figures_are_exact_after_kills_and_repeats(
    database: Database, mongo_url: str, tmp_path: Path
) -> None:
    dice = random.Random(17)
    passages = [some_passage(dice) for _ in range(300)]
    async with opened(database.name, mongo_url, tmp_path) as reporting:
        tickets = told_twice(passages, dice)
        for ticket in tickets:
            await tell(reporting, ticket)
        everything = await waiting(reporting)
        for kill in range(1, KILLS + 1):
            async with counting(database.name, mongo_url, tmp_path):
                await until_fewer(reporting, everything * (KILLS + 1 - kill) // (KILLS + 1))
        async with counting(database.name, mongo_url, tmp_path):
            await until_fewer(reporting, 0)
        for flow in ("winback", "welcome"):
            figures = await reporting.read(f"{PATH}/{flow}")
            expected = chosen(passages, flow)
            check_totals(figures, expected)
            check_messages(figures, expected)
            check_engagement(figures, expected)
            check_steps(await reporting.read(f"{PATH}/{flow}/steps"), expected)
        await nothing_differs(reporting)


async def nothing_differs(reporting: Reporting) -> None:
    process = reporting.process
    versions = Versions(process.stored_flows, None)
    verification = Verification(process.database, versions, process.batches, PARTITIONS)
    checked = [each async for each in verification.run(repair=False)]
    counts = [each for each in checked if isinstance(each, CountsChecked)]
    assert {each.flow for each in counts} == {"welcome", "winback"}
    assert [difference for each in counts for difference in each.differences] == []
