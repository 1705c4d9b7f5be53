"""Screens that stay open hear of what changes."""

import asyncio
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from common.adapters.mongo.reports import MongoReports
from common.domain.rollups import ENROLLED, FlowRow, moment
from common.runtime.problems import Busy, NotFound
from services.reporting import live as live_module
from services.reporting.flow_reports import FlowReports
from services.reporting.live import Live
from tests.integration.reporting.conftest import Reporting
from tests.integration.reporting.test_reports import START, enrolment
from tests.support.mongod import TestMongod

SOON = 0.02


def watching(reporting: Reporting, stopping: asyncio.Event) -> Live:
    process = reporting.process
    reader = FlowReports(MongoReports(process.database), process.stored_flows, process.clock)
    return Live(reader, stopping.is_set)


async def counted(reporting: Reporting, enrolled: int) -> None:
    """So many more, without waiting for the road to come back."""
    database = reporting.process.database
    counts = {(FlowRow("winback", 1), moment(START, ZoneInfo("UTC"))): {ENROLLED: enrolled}}
    for write in MongoReports(database).add(0, counts):
        await database[write.collection].bulk_write(list(write.operations))


def figures(event: str) -> Any:
    kind, data = event.strip().split("\n")
    assert kind == "event: figures"
    return json.loads(data.removeprefix("data: "))["figures"]


async def test_a_screen_hears_how_it_stands_and_of_each_change_until_the_process_stops(
    reporting: Reporting,
) -> None:
    await reporting.told([enrolment(1)])
    stopping = asyncio.Event()
    live = watching(reporting, stopping)
    events = live.events("winback", None, await live.first("winback", None), SOON)
    assert figures(await anext(events))["enrolled"] == 1

    await reporting.told([enrolment(2), enrolment(3)])
    assert figures(await anext(events))["enrolled"] == 3

    stopping.set()
    assert [event async for event in events] == []


async def test_a_screen_stays_while_the_database_is_away_and_hears_what_came_afterwards(
    reporting: Reporting, mongod: TestMongod, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "STILL_SECONDS", 0)
    await reporting.told([enrolment(1)])
    live = watching(reporting, asyncio.Event())
    events = live.events("winback", None, await live.first("winback", None), SOON)
    assert figures(await anext(events))["enrolled"] == 1

    await asyncio.to_thread(mongod.kill)
    assert await anext(events) == ": still here\n\n"
    await asyncio.to_thread(mongod.start)
    await counted(reporting, 4)
    async for event in events:
        if event != ": still here\n\n":
            assert figures(event)["enrolled"] == 5
            break


async def test_so_many_screens_and_no_more(reporting: Reporting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "MOST_SCREENS", 1)
    await reporting.told([enrolment(1)])
    live = watching(reporting, asyncio.Event())
    events = live.events("winback", None, await live.first("winback", None), SOON)
    await anext(events)
    with pytest.raises(Busy):
        await live.first("winback", None)

    await events.aclose()  # type: ignore[attr-defined]
    assert await live.first("winback", None)


async def test_a_flow_never_heard_of_can_not_be_watched(reporting: Reporting) -> None:
    answer = await reporting.ask("/v1/reports/flows/nowhere/live")
    assert answer.status_code == 404
    with pytest.raises(NotFound):
        await watching(reporting, asyncio.Event()).first("nowhere", None)
    assert (
        await reporting.http.get("/v1/reports/flows/x/live", headers={"X-API-Key": "hr_no"})
    ).status_code == 401
