"""Whole selections come in while everything is killed once, with SIGKILL: by hand, and at the instant of a schedule.

Each person is enrolled exactly once, and counted once, by whichever of the processes.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from common.adapters.mongo.client import connect
from tests.support.cdnow import START
from tests.support.crowd import crowd
from tests.support.flows import a_flow
from tests.support.installation import APART, Installation, installed
from tests.support.kills import Kill, kill_of, server_kill
from tests.support.mongod import Database, TestMongod
from tests.support.outcome import hold_reports_to_the_truth
from tests.support.rabbitmq import RabbitNode
from tests.support.replay import PATIENCE, advance, stand_at_start

PEOPLE = 40_000 if os.environ.get("HEADRACE_CHAOS") == "long" else 5_000
BULK = "/v1/enrolments/bulk"
BY_HAND = {"kind": "manual"}
AT_NINE = {"kind": "scheduled", "selection": "planned", "day": f"{START:%Y-%m-%d}", "time": "09:00"}
FLOWS: Mapping[str, dict[str, Any]] = {"by-hand": BY_HAND, "planned": AT_NINE}
AFTERWARDS = START + timedelta(hours=10)


@pytest.mark.slow
@pytest.mark.rabbitmq
@pytest.mark.timeout(1800)
async def test_whatever_is_killed_each_person_of_a_selection_comes_in_once(
    tmp_path_factory: pytest.TempPathFactory,
    environment: dict[str, str],
    mongod: TestMongod,
    rabbitmq: RabbitNode,
    amqp_url: str,
    database: Database,
) -> None:
    await stand_at_start(environment["HEADRACE_MONGODB_URL"], database.name)
    apart = environment | {"HEADRACE_AMQP_URL": amqp_url}
    async with installed(tmp_path_factory.mktemp("logs"), apart, APART) as installation:
        await prepare(installation, environment, database.name)
        of_services = [kill_of(installation, service) for service in APART]
        asked = {"flow": "by-hand", "selection": "by-hand", "id": "once"}
        await installation.call("POST", BULK, json=asked, patience=PATIENCE)

        await asyncio.gather(over(installation, "by-hand"), one_by_one(of_services))
        servers = [server_kill(mongod), server_kill(rabbitmq)]
        await asyncio.gather(
            advance(installation, AFTERWARDS), one_by_one([of_services[0], *servers, of_services[3]])
        )

        for flow in FLOWS:
            bulk = await over(installation, flow)
            assert (bulk["suggested"], bulk["enrolled"], bulk["refused"]) == (PEOPLE, PEOPLE, {})
            assert await passages(database, flow) == {1: PEOPLE}
            report = await installation.call("GET", f"/v1/reports/flows/{flow}", patience=PATIENCE)
            assert report["enrolled"] == PEOPLE
        await hold_reports_to_the_truth(installation)


async def prepare(installation: Installation, environment: Mapping[str, str], database: str) -> None:
    """Both flows run, each with people on a selection of its name."""
    handle = connect(environment["HEADRACE_MONGODB_URL"], database)
    async with handle.client:
        for name in FLOWS:
            await crowd(handle, name, PEOPLE, int(environment["HEADRACE_PARTITIONS"]))
    for name, trigger in FLOWS.items():
        flow = a_flow().triggered_by(trigger).wait("rest", days=7).build()
        body = flow.model_dump(mode="json", exclude_unset=True)
        await installation.call("PUT", f"/v1/selections/{name}", json={"name": name})
        await installation.call("PUT", f"/v1/flows/{name}", json=body, headers={"If-None-Match": "*"})
        await installation.call("POST", f"/v1/flows/{name}/run", headers={"If-Match": "*"})


async def one_by_one(kills: Sequence[Kill]) -> None:
    """Each in its turn, a little after work has begun again."""
    for kill in kills:
        await asyncio.sleep(0.5)
        await kill()


async def over(installation: Installation, flow: str) -> dict[str, Any]:
    """The flow's only bulk enrolment, when everybody is decided on and all is quiet."""
    async with asyncio.timeout(10 * PATIENCE):
        while True:
            shown = await installation.call("GET", f"{BULK}?flow={flow}", patience=PATIENCE)
            (bulk,) = shown["items"]
            if bulk["state"] != "running":
                break
            await asyncio.sleep(0.2)
    await installation.call("POST", "/v1/clock/drain", json={"patience": PATIENCE}, patience=PATIENCE)
    assert bulk["state"] == "done", bulk
    return dict(bulk)


async def passages(database: Database, flow: str) -> dict[int, int]:
    """How many people have how many passages."""
    each = {"$group": {"_id": "$contact", "number": {"$sum": 1}}}
    counted = {"$group": {"_id": "$number", "people": {"$sum": 1}}}
    found = await database.client[database.name]["participants"].aggregate(
        [{"$match": {"flow": flow}}, each, counted]
    )
    return {row["_id"]: row["people"] async for row in found}
