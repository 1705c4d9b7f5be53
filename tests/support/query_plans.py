"""Queries for which MongoDB reads a whole collection, noted by the server itself while tests run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from common.adapters.mongo.client import Database

PROFILE = "system.profile"
SMALL = (
    *(
        "caps",
        "clock",
        "contents",
        "flow_epoch",
        "flows",
        "forgotten",
        "forms",
        "keys",
        "members",
        "partitions",
    ),
    *("crm_events", "parked", "visits"),
)
"""Collections that hold a few rows however many people and events there have been (the second line: what waits or is
young); reading all of them is meant."""
NOW_AND_THEN = ("'erased': {'$ne': True}", "columns.")
"""In queries that somebody asks for now and then: what `forget` erases, how many contacts a segment has."""


@asynccontextmanager
async def nothing_read_whole(database: Database) -> AsyncIterator[None]:
    """Fails in the end if a service has read any collection whole that grows."""
    await database.create_collection(PROFILE, capped=True, size=16 << 20)
    small = [f"{database.name}.{name}" for name in (PROFILE, *SMALL)]
    noted: dict[str, Any] = {"planSummary": {"$regex": "COLLSCAN"}, "ns": {"$nin": small}}
    await database.command("profile", 1, filter=noted)
    yield
    await database.command("profile", 0)
    found = await scans(database)
    assert not found, found


async def scans(database: Database) -> list[str]:
    """Each kind once. Connections of services name their process, those of tests don't."""
    rows = database[PROFILE].find({"appName": {"$regex": "^headrace ."}}, {"ns": 1, "command": 1, "op": 1})
    found = {f"{row['ns'].partition('.')[2]} {row['op']} {asked(row['command'])}" async for row in rows}
    return sorted(scan for scan in found if not any(part in scan for part in NOW_AND_THEN))


def asked(command: dict[str, Any]) -> str:
    return next((str(command[part]) for part in ("filter", "q", "pipeline", "query") if part in command), "")
