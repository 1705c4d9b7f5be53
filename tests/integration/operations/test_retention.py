"""What is older than it is kept for goes, in batches; what is not, and whoever is inside a flow, stays."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from common.adapters.mongo.archive import MongoArchive
from common.adapters.mongo.attachments import MongoAttachments
from common.adapters.mongo.batch import MongoBatches
from common.adapters.mongo.bulk import MongoBulks
from common.adapters.mongo.client import Database as Handle
from common.adapters.mongo.client import connect
from common.adapters.mongo.clock import MongoClock
from common.adapters.mongo.collections import ensure_collections
from common.adapters.mongo.decisions import MongoDecisions
from common.adapters.mongo.effects import MongoEffects
from common.adapters.mongo.forms import MongoForms, MongoSubmissions
from common.adapters.mongo.participants import MongoParticipants
from common.adapters.mongo.report_rows import FACT_TABLES
from common.adapters.mongo.reports import MongoReports
from common.adapters.mongo.retention import Kept, MongoRetention
from common.domain.bulk import BulkEnrolment, BulkState
from common.domain.decision import Decision, Verdict
from common.domain.effect import EffectState
from common.domain.forms.elements.text import Text
from common.domain.forms.form import Form, Page
from common.domain.forms.submission import Submission, SubmissionState
from common.domain.participant import Participant
from common.domain.reasons import Refusal, Status
from common.domain.rollups import moment
from common.domain.selection import Selection
from common.messages.happened import SuggestionRefused
from common.messages.record import Record
from common.ports import Commit, Committed, FactRow, Write
from common.runtime.settings import RetentionSettings
from services.executor.worker import rising_ids
from services.studio.app import ages
from services.studio.operations.retention import Retention
from tests.integration.services.engine import an_engine
from tests.support.flows import START, a_contact, a_flow, a_participant
from tests.support.mongod import Database
from tests.support.sending import an_effect

pytestmark = pytest.mark.mongo

FLOW = a_flow().open()
LATER = datetime.now(UTC) + timedelta(days=401)


@pytest_asyncio.fixture
async def handle(mongo_url: str, database: Database) -> AsyncIterator[Handle]:
    opened = connect(mongo_url, database.name)
    await ensure_collections(opened)
    yield opened
    await opened.client.close()


async def keep(handle: Handle, *writes: Write) -> None:
    batches = MongoBatches(handle, 1, lambda tickets: None)
    assert (await batches.commit(Commit(writes=writes))).outcome is Committed.DONE


async def sweep(handle: Handle, now: datetime, **days: int) -> dict[Kept, int]:
    retention = Retention(MongoRetention(handle), ages(RetentionSettings(**days)))
    return {kept: number for kept, number in (await retention.sweep(now, asyncio.Event())).items() if number}


def passage(number: int, **fields: Any) -> Participant:
    return a_participant(FLOW, a_contact(f"c{number}"), id=f"p{number}", **fields)


def left(number: int) -> Participant:
    return passage(number, status=Status.FINISHED, left_at=START)


async def test_each_collection_is_swept_by_machine_time(handle: Handle) -> None:
    clock = MongoClock(handle)
    archive = MongoArchive(handle, clock, 1, lambda tickets: None)
    await archive.accept([Record(id="e1", type="x", source="test", time=START)])
    effects, reports = MongoEffects(handle), MongoReports(handle)
    decision = Decision(
        id=rising_ids()(),
        contact="c1",
        flow="test",
        run=1,
        version=1,
        at=START,
        by="x",
        verdict=Verdict.MOVED,
    )
    fact = SuggestionRefused(flow="test", run=1, version=1, reason=Refusal.FILTER)
    await keep(
        handle,
        *MongoDecisions(handle).insert([decision]),
        *reports.keep([FactRow("f1", "c1", START, moment(START, ZoneInfo("UTC")), 0, fact)]),
        *effects.plan([an_effect(1), an_effect(2)]),
        *MongoParticipants(handle).insert([left(1), passage(2)]),
    )
    (claimed,) = await effects.claim(0, 1, token="t", lease=timedelta(minutes=1), without_flows=[])
    await keep(handle, effects.settle([claimed.id], "t", EffectState.WITHDRAWN, reason="x", at=START))

    assert await sweep(handle, datetime.now(UTC) + timedelta(days=399)) == {}
    one_each = {Kept.EVENTS, Kept.DECISIONS, Kept.EFFECTS, Kept.PARTICIPANTS, Kept.FACTS}
    assert await sweep(handle, LATER) == dict.fromkeys(one_each, 1)

    assert [p.id for p in await MongoParticipants(handle).many(["p1", "p2"])] == ["p2"]
    assert [e.state for e in await effects.many(["e1", "e2"])] == [EffectState.PLANNED]


async def test_a_passage_leaves_a_tombstone_by_which_once_only_still_counts(handle: Handle) -> None:
    participants = MongoParticipants(handle)
    await keep(handle, *participants.insert([passage(1), left(2)]))
    (before,) = await participants.many(["p1"])
    await keep(
        handle, *participants.save([before.but(status=Status.FINISHED, left_at=START)], {"p1": before})
    )

    assert await sweep(handle, LATER) == {Kept.PARTICIPANTS: 2}

    pairs = [("c1", "test"), ("c2", "test"), ("c3", "test"), ("c1", "another")]
    assert (await participants.earlier(pairs)).keys() == {("c1", "test"), ("c2", "test")}


async def test_what_is_kept_for_ever_stays(handle: Handle) -> None:
    await keep(handle, *MongoParticipants(handle).insert([left(1)]))
    assert await sweep(handle, LATER + timedelta(days=3650), participants=0) == {}


async def test_a_crowd_goes_in_batches(handle: Handle) -> None:
    store = MongoRetention(handle)
    await keep(handle, *MongoParticipants(handle).insert([left(number) for number in range(25)]))
    removed = [await store.remove(Kept.PARTICIPANTS, LATER, 10) for _ in range(4)]
    assert removed == [10, 10, 5, 0]


async def test_submissions_go_with_what_was_uploaded(handle: Handle) -> None:
    forms, submissions = MongoForms(handle), MongoSubmissions(handle)
    form = Form(name="A form", pages=[Page(elements=[Text(id="a", label="A")])])
    assert await forms.add("contact-me", 1, form, at=START) is not None
    sent = Submission(
        id="5ab", form="contact-me", form_version=1, state=SubmissionState.WAITING, received_at=START
    )
    await keep(handle, *submissions.insert(sent, {"cv": b"mine"}, None))

    assert await sweep(handle, datetime.now(UTC)) == {}
    assert await sweep(handle, LATER) == {Kept.SUBMISSIONS: 1}

    assert (await submissions.get("5ab"), await submissions.file("5ab", "cv")) == (None, None)
    assert await submissions.received("contact-me") == 1


STAYS = {"addresses", "contacts", "report_contacts", "tombstones"}
"""Where a contact may still be named when everything that has an age is gone."""


async def naming(handle: Handle, contact: str) -> set[str]:
    """The collections, of all that there are, in which this contact is named."""
    return {
        name
        for name in await handle.list_collection_names()
        if not name.startswith("system.")
        and any([contact in str(row) async for row in handle[name].find(hint="_id_")])
    }


async def test_in_the_whole_database_only_what_has_no_age_still_names_a_contact(
    mongo_url: str, database: Database, tmp_path: Path
) -> None:
    """Whatever collection is added: it is swept, or said here to stay."""
    async with an_engine(mongo_url, database.name, tmp_path) as engine:
        engine.sink.at_recipient["zebrafinch@example.org"] = "550 5.1.1 no such user"
        await engine.content("hello")
        flow = a_flow().triggered_by({"kind": "order_placed"}).mail("hello").wait("rest", days=1)
        await engine.selection("done")
        await engine.runs("swept", flow.add_to("done"))
        await engine.contacts("zebrafinch")
        await engine.happens("order.placed", "zebrafinch", amount=3)
        await engine.happens("form.submitted", "zebrafinch", form="rsvp", fields={"town": "Kiel"})
        bulk = {"flow": "swept", "selection": "done", "id": "once more"}
        await engine.pass_(days=2)
        await engine.call("POST", "/v1/enrolments/bulk", json=bulk)
        await engine.pass_(days=2)
        handle = engine.database
        assert await naming(handle, "zebrafinch") >= {
            Kept.EVENTS, Kept.DECISIONS, Kept.EFFECTS, Kept.PARTICIPANTS, *FACT_TABLES[:1], "bulk_shares"
        }  # fmt: skip

        await sweep(handle, LATER)

        assert await naming(handle, "zebrafinch") <= STAYS


EXPLAINS = {"flows", "flow_versions", "flow_acts", "tombstones"} | {
    f"report_{name}"
    for name in ("flows", "versions", "steps", "flow_rollups", "step_rollups", "content_rollups")
}
"""What is kept of a deleted flow: its counts, versions and reports, and who was in it where once only counts."""


async def test_a_deleted_flow_leaves_what_explains_and_counts_it_and_nothing_that_goes_on(
    mongo_url: str, database: Database, tmp_path: Path
) -> None:
    """Whatever collection is added: it goes with the flow, by age, or is said here to stay."""
    async with an_engine(mongo_url, database.name, tmp_path) as engine:
        await engine.call("PUT", "/v1/users", json=[{"id": "71", "name": "Ines", "email": "i@example.org"}])
        for name in ("zebrafinch", "zebrafinch-2"):
            flow = a_flow().triggered_by({"kind": "order_placed"})
            await engine.runs(
                name, flow.step("distribute_to_owner", "share", users=["71"], only_if_unassigned=False)
            )
        await engine.contacts("1")
        await engine.happens("order.placed", "1")
        handle = engine.database
        assert await names_in(handle, "owner_turns") == {"zebrafinch:share", "zebrafinch-2:share"}

        await engine.act("zebrafinch", "end")
        etag = (await engine.ask("GET", "/v1/flows/zebrafinch")).headers["ETag"]
        stale = await engine.ask("DELETE", "/v1/flows/zebrafinch", headers={"If-Match": '"1"'})
        assert (stale.status_code, len(await names_in(handle, "owner_turns"))) == (412, 2)
        await engine.call("DELETE", "/v1/flows/zebrafinch", headers={"If-Match": etag})

        assert await names_in(handle, "owner_turns") == {"zebrafinch-2:share"}
        await engine.act("zebrafinch-2", "end")
        etag = (await engine.ask("GET", "/v1/flows/zebrafinch-2")).headers["ETag"]
        await engine.call("DELETE", "/v1/flows/zebrafinch-2", headers={"If-Match": etag})
        await sweep(handle, LATER)
        assert await naming(handle, "zebrafinch") == EXPLAINS


async def names_in(handle: Handle, collection: str) -> set[str]:
    """Their ids, without the partition at the end."""
    return {row["_id"].rpartition(":")[0] async for row in handle[collection].find()}


async def a_file(handle: Handle) -> str:
    async def content() -> AsyncIterator[bytes]:
        yield bytes(1_500_000)

    return (await MongoAttachments(handle).add("a.bin", "text/plain", content())).id


async def test_files_that_no_content_names_go_with_what_is_in_them(handle: Handle) -> None:
    store = MongoAttachments(handle)
    named, unused = await a_file(handle), await a_file(handle)
    assert await store.keep([named])

    assert await sweep(handle, datetime.now(UTC) + timedelta(days=29)) == {}
    assert await sweep(handle, LATER) == {Kept.ATTACHMENTS: 1}

    assert (await store.many([named, unused])).keys() == {named}
    assert [len(piece) async for piece in store.read(named)] == [1_000_000, 500_000]
    assert [piece async for piece in store.read(unused)] == []
    assert await store.keep([named, unused]) is False


async def test_bulk_enrolments_that_are_over_go_with_their_shares(handle: Handle) -> None:
    bulks = MongoBulks(handle, 2, lambda tickets: None)
    selection = Selection(id="vips", name="Vips", created_at=START, updated_at=START)
    for name in ("done", "half", "paused", "cancelled"):
        bulk = BulkEnrolment(id=name, flow="test", run=1, selection=selection, by="x", started_at=START)
        assert await bulks.start(bulk)
    done = [("done", 0), ("done", 1), ("half", 0), ("paused", 0)]
    for name, partition in done:
        share = await bulks.share(name, partition)
        assert share is not None
        await keep(handle, bulks.finished(share, closed=False))
    await bulks.change("paused", BulkState.PAUSED)
    await bulks.change("cancelled", BulkState.CANCELLED)

    assert await sweep(handle, datetime.now(UTC) + timedelta(days=399)) == {}
    assert await sweep(handle, LATER) == {Kept.BULK_ENROLMENTS: 2}

    assert {bulk.id for bulk in await bulks.latest(None, 10)} == {"half", "paused"}
    assert await handle["bulk_shares"].distinct("bulk") == ["half", "paused"]
