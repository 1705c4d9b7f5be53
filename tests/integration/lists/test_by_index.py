"""Lists that people page through look at little more than they show, whatever is asked for, on a real MongoDB."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from pymongo import ASCENDING, DESCENDING

from common.adapters.mongo.client import Database, Document, connect
from common.adapters.mongo.collections import ensure_collections
from common.adapters.mongo.contacts import CONTACTS, MongoContacts, to_document
from common.adapters.mongo.participants import PARTICIPANTS, behind, matching
from common.adapters.mongo.projects import MongoProjects
from common.domain.contact import Contact
from common.domain.participant_filter import EVERYBODY, ParticipantFilter, Place
from common.domain.reasons import Status
from tests.support import mongod
from tests.support.flows import START

pytestmark = pytest.mark.mongo

PEOPLE = 3_000
PAGE = 50


@pytest_asyncio.fixture
async def filled(database: mongod.Database, mongo_url: str) -> Database:
    """A flow of many, half of them inside, a hundred each minute; everybody with an address."""
    opened = connect(mongo_url, database.name)
    await ensure_collections(opened)
    await opened[PARTICIPANTS].insert_many([passage(number) for number in range(PEOPLE)])
    people = [
        Contact(id=f"c{n}", email=f"p{n}@example.org", projects=["fair"] * (n == 7)) for n in range(500)
    ]
    await opened[CONTACTS].insert_many([to_document(each, 1, 2) for each in people])
    return opened


def passage(number: int) -> Document:
    return {
        "_id": f"p{number:05}", "flow": "many" if number % 3 else "other", "run": 1, "contact": f"c{number}",
        "partition": number % 2, "status": Status.ACTIVE if number % 2 else Status.FINISHED, "step": "rest",
        "enrolled_at": START + timedelta(minutes=number // 100),
    }  # fmt: skip


async def looked_at(database: Database, collection: str, find: Mapping[str, Any]) -> tuple[int, str]:
    """How many entries of indexes and documents, and the plan as text."""
    asked = {"explain": {"find": collection, **find}, "verbosity": "executionStats"}
    told = await database.command(asked)
    stats = told["executionStats"]
    plan = str(told["queryPlanner"]["winningPlan"])
    return max(stats["totalKeysExamined"], stats["totalDocsExamined"]), plan


@pytest.mark.parametrize("direction", [ASCENDING, DESCENDING])
@pytest.mark.parametrize("wanted", [EVERYBODY, ParticipantFilter(status=Status.ACTIVE)])
@pytest.mark.parametrize("after", [None, Place(START + timedelta(minutes=14), "p01450")])
async def test_a_page_of_participants_needs_no_sort_and_no_search(
    filled: Database, direction: int, wanted: ParticipantFilter, after: Place | None
) -> None:
    for bounds, order in behind(after, direction):
        query = {"flow": "many"} | matching(wanted, None) | bounds
        seen, plan = await looked_at(
            filled, PARTICIPANTS, {"filter": query, "sort": dict(order), "limit": PAGE}
        )
        assert "participants_of_a_flow" in plan, plan
        assert "'stage': 'SORT'" not in plan, plan
        assert seen <= PAGE + 2 * len(Status), (seen, plan)


async def test_addresses_and_projects_are_looked_up_by_index(filled: Database) -> None:
    keys = [f"p{number}@example.org" for number in range(20)]
    query = {"columns.folded.email": {"$in": keys}}
    seen, plan = await looked_at(filled, CONTACTS, {"filter": query})
    assert seen <= 2 * len(keys), plan
    holders = await MongoContacts(filled, 2).with_addresses(["p3@example.org", "none@example.org"])
    assert dict(holders) == {"p3@example.org": ["c3"]}

    for project in ("fair", "none"):
        seen, plan = await looked_at(filled, CONTACTS, {"filter": {"projects": {"$eq": project}}, "limit": 1})
        assert seen <= 1, plan
    assert await MongoProjects(filled).known(["fair", "none"]) == {"fair"}
