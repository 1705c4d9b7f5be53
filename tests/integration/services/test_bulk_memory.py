"""A selection takes no more memory than a part of it does."""

import asyncio
from pathlib import Path

import pytest

from common.adapters.mongo.client import connect
from tests.support.crowd import crowd
from tests.support.flows import a_flow, country_is
from tests.support.installation import Installation, installed
from tests.support.mongod import Database
from tests.support.processes import resident_megabytes

pytestmark = pytest.mark.mongo

PEOPLE = 20_000
BULK = "/v1/enrolments/bulk"
ROOM = 12.0
"""Megabytes by which an allocator may go up and down. Half of these people, as contacts or records, take several
times as much."""


async def prepare(installation: Installation) -> None:
    flow = a_flow().triggered_by({"kind": "manual"}).filtered(*country_is("DE")).wait("rest", days=7)
    body = flow.build().model_dump(mode="json", exclude_unset=True)
    await installation.call("PUT", "/v1/selections/many", json={"name": "many"})
    await installation.call("PUT", "/v1/flows/many", json=body, headers={"If-None-Match": "*"})
    await installation.call("POST", "/v1/flows/many/run", headers={"If-Match": "*"})


async def sizes(installation: Installation) -> list[tuple[int, float]]:
    """How many were enrolled, and the megabytes of the process then, until all are."""
    asked = {"flow": "many", "selection": "many", "id": "many"}
    bulk = await installation.call("POST", BULK, json=asked)
    pid, found = installation.pid("all_in_one"), list[tuple[int, float]]()
    while bulk["state"] == "running":
        await asyncio.sleep(0.1)
        bulk = await installation.call("GET", f"{BULK}/{bulk['id']}")
        found.append((bulk["enrolled"], resident_megabytes(pid)))
    assert (bulk["state"], bulk["enrolled"], bulk["refused"]) == ("done", PEOPLE, {})
    return found


async def test_the_second_half_of_a_selection_takes_no_more_memory_than_the_first(
    tmp_path: Path, environment: dict[str, str], database: Database
) -> None:
    handle = connect(environment["HEADRACE_MONGODB_URL"], database.name)
    async with installed(tmp_path, environment, ["all_in_one"]) as installation, handle.client:
        await prepare(installation)
        await crowd(handle, "many", PEOPLE, int(environment["HEADRACE_PARTITIONS"]), country="DE")
        found = await sizes(installation)

    first = [size for enrolled, size in found if PEOPLE // 4 <= enrolled <= PEOPLE // 2]
    second = [size for enrolled, size in found if enrolled > PEOPLE // 2]
    assert max(second) - max(first) < ROOM, found
