"""Queries for which MongoDB reads a whole collection, noted by the server itself while a test runs."""

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
ERASING = "'erased': {'$ne': True}"
"""In queries of `forget`, which somebody asks for now and then, and which may take its time."""


async def note_scans(database: Database) -> None:
    """From now on."""
    await database.create_collection(PROFILE, capped=True, size=16 << 20)
    small = [f"{database.name}.{name}" for name in (PROFILE, *SMALL)]
    noted: dict[str, Any] = {"planSummary": {"$regex": "COLLSCAN"}, "ns": {"$nin": small}}
    await database.command("profile", 1, filter=noted)


async def scans(database: Database) -> list[str]:
    """Each kind once: the collection and what was asked of it with conditions."""
    await database.command("profile", 0)
    rows = database[PROFILE].find({}, {"ns": 1, "command": 1, "op": 1})
    found = {f"{row['ns'].partition('.')[2]} {row['op']} {asked(row['command'])}" async for row in rows}
    return sorted(scan for scan in found if ERASING not in scan and "[{'$match': {}}" not in scan)


def asked(command: dict[str, Any]) -> str:
    return next((str(command[part]) for part in ("filter", "q", "pipeline", "query") if part in command), "")
