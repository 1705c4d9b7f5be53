"""However long a selection is, enrolling it holds the people of one turn at a time: counted in bytes."""

import tracemalloc
from collections.abc import AsyncIterator

import pytest

from common.adapters.mongo.batch import MongoBatches
from common.adapters.mongo.bulk import MongoBulks, continued
from common.adapters.mongo.client import connect
from common.adapters.mongo.collections import ensure_collections
from common.adapters.mongo.contacts import MongoContacts
from common.domain.bulk import BulkEnrolment
from common.domain.flow_book import FlowBook
from common.domain.selection import Selection
from common.ports import Commit, Committed
from common.runtime.handler import Batch
from services.trigger.worker import TriggerHandler
from tests.support.crowd import crowd
from tests.support.flows import START, a_flow, country_is
from tests.support.mongod import Database

pytestmark = pytest.mark.mongo

PEOPLE = 12_000
TURN = 499
ROOM = 1.2
"""A turn's memory by the time a tenth is enrolled, times this, is enough for all the rest."""


async def turns(handler: TriggerHandler, bulk: BulkEnrolment, batches: MongoBatches) -> AsyncIterator[int]:
    """One after the other as they come back from the road, with how many people each has suggested."""
    flow = a_flow().triggered_by({"kind": "manual"}).filtered(*country_is("DE")).wait(days=1).open()
    batch = Batch(0, START, FlowBook(1, (flow,)), [continued(bulk)])
    while True:
        world = await handler.load(batch)
        world.decide(batch.records[0])
        outcome = world.outcome()
        assert (await batches.commit(Commit(writes=list(outcome.writes)))).outcome is Committed.DONE
        people = [record for record in outcome.onward if record.suggestions]
        if not people:
            return
        yield len(people)


async def test_the_last_tenth_of_a_selection_takes_no_more_memory_than_the_first(
    mongo_url: str, database: Database
) -> None:
    handle = connect(mongo_url, database.name)
    await ensure_collections(handle)
    await crowd(handle, "many", PEOPLE, 1, country="DE")
    bulks = MongoBulks(handle, 1, lambda tickets: None)
    selection = Selection(id="many", name="Many", created_at=START, updated_at=START)
    bulk = BulkEnrolment(id="b", flow="test", run=1, selection=selection, by="x", started_at=START)
    assert await bulks.start(bulk)
    handler = TriggerHandler(MongoContacts(handle, 1), bulks)
    suggested, peaks, kept = 0, list[int](), list[int]()
    tracemalloc.start(1)
    try:
        async for people in turns(handler, bulk, MongoBatches(handle, 1, lambda tickets: None)):
            suggested += people
            held, peak = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            peaks.append(peak)
            kept.append(held)
    finally:
        tracemalloc.stop()
        await handle.client.close()
    tenth = PEOPLE // 10 // TURN
    assert suggested == PEOPLE
    assert len(peaks) == -(-PEOPLE // TURN)
    assert max(peaks[tenth:]) < ROOM * max(peaks[:tenth]), peaks
    assert max(kept[tenth:]) < ROOM * max(kept[:tenth]), kept
