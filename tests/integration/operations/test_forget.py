"""Forgetting a contact: its values are looked for in every collection of the database."""

from typing import Any

import pytest

from common.adapters.mongo.crm_events import CrmEvent, MongoCrmEvents
from common.domain.ids import partition_of
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Commit, Parked
from tests.integration.services.engine import CONSENT, PARTITIONS, Engine
from tests.support.flows import START, a_flow, a_path, line

pytestmark = pytest.mark.mongo

MARK = "quillfeather"
"""Stands in every value that is the contact's own."""

ASKED = MARK[:5]
"""What flows ask for: theirs, not the contact's."""

PERSON = {
    "first_name": f"{MARK}-first",
    "email": f"{MARK}@example.org",
    "country": f"{MARK}-land",
    "company": {"name": f"{MARK} Works"},
    "custom": {"pet": f"{MARK}-cat"},
    **CONSENT,
}
FORM = {
    "kind": "form_submitted",
    "form": "rsvp",
    "conditions": [line("event.fields.town", "contains", ASKED)],
}


def a_nosy_flow() -> Any:
    """Asks about everything: filter, split, a form awaited; sends a mail."""
    named = a_path("named-").wait("named-wait", days=1).wait_for(FORM, step_id="town")
    asks = [line("contact.custom.pet", "begins_with", ASKED)]
    return (
        a_flow()
        .triggered_by({"kind": "order_placed", "conditions": [line("event.note", "contains", ASKED)]})
        .once_only()
        .filtered(line("contact.country", "not_empty"))
        .mail("hello")
        .step("create_request", subject="Call {{ contact.first_name }}", message="{{ contact.custom.pet }}")
        .step("create_sale", subject="Mill", description="For {{ contact.first_name }}")
        .step("create_follow_up", subject="Ring {{ contact.first_name }}", agenda="{{ contact.custom.pet }}")
        .split({"named": (asks, named)}, step_id="which")
    )


async def a_full_life(engine: Engine, flow: str, contact: str) -> None:
    """A contact whose values get everywhere: archive, explanations, ledger, addresses, parked records, slots."""
    await engine.contacts(contact, **PERSON)
    await engine.happens("order.placed", contact, amount=3, note=f"for {MARK}")
    await engine.happens("form.submitted", contact, form="rsvp", fields={"town": f"{MARK}-ville"})
    await engine.happens("contact.updated", contact, email=f"{MARK}2@example.org", last_name=f"{MARK}-last")
    record = Record(
        id=f"parked-{contact}", type="order.placed", source="test", contact=contact, time=START,
        data={"note": MARK},
    )  # fmt: skip
    parked = Parked(
        Service.TRIGGER, partition_of(contact, PARTITIONS), record, f"ValueError: can't read {MARK!r}"
    )
    await engine.process.batches.commit(Commit(parked=[parked]))
    waiting = record.but(id=f"waiting-{contact}")
    await MongoCrmEvents(engine.database).add(CrmEvent(waiting, "person", contact))


async def holding(engine: Engine, text: str) -> list[str]:
    """The collections in which this text stands, whatever its case; read along an index, so that it is no scan of
    ours."""
    database = engine.database
    return [
        name
        for name in sorted(await database.list_collection_names())
        if not name.startswith("system.")
        and any([text in str(row).lower() async for row in database[name].find(hint="_id_")])
    ]


async def test_nothing_of_a_forgotten_contact_is_left_but_ids_and_totals(engine: Engine) -> None:
    engine.sink.at_recipient[PERSON["email"]] = f"550 5.1.1 <{MARK}@example.org> no such user"
    await engine.runs("nosy", a_nosy_flow())
    await a_full_life(engine, "nosy", "f-1")
    before = await engine.passage("nosy", "f-1")
    assert before["status"] == "active"
    spread = set(await holding(engine, MARK))
    assert {
        "addresses",
        "contacts",
        "crm_events",
        "decisions",
        "effects",
        "events",
        "parked",
        "requests",
        "sales",
        "follow_ups",
    } <= spread
    figures = await engine.call("GET", "/v1/reports/flows/nosy")

    answer = await engine.call("POST", "/v1/operations/forget", json={"contact": "f-1"})
    await engine.drain()

    assert answer["done"], answer
    assert await holding(engine, MARK) == []
    after = await engine.passage("nosy", "f-1")
    assert (after["id"], after["status"], after["reason"]) == (before["id"], "dropped_out", "no_consent")
    told = await engine.call("GET", "/v1/reports/flows/nosy")
    assert (told["enrolled"], told["by_status"]["dropped_out"]) == (figures["enrolled"], 1)
    assert told["messages"] == figures["messages"]
    words = await engine.why("f-1", "nosy")
    assert "contact.country not_empty" in words
    assert "It was '(erased)': yes" in words


async def test_forgetting_twice_is_forgetting_once(engine: Engine) -> None:
    await engine.contacts("f-2", **PERSON | {"email": f"{MARK}-twice@example.org"})
    first = await engine.call("POST", "/v1/operations/forget", json={"contact": "f-2"})
    second = await engine.call("POST", "/v1/operations/forget", json={"contact": "f-2"})
    assert first["done"] and first["erased"]["contacts"] == 1
    assert second["done"] and sum(second["erased"].values()) == 0
    stranger = await engine.call("POST", "/v1/operations/forget", json={"contact": "nobody-ever"})
    assert stranger["done"] and sum(stranger["erased"].values()) == 0


async def test_a_forgotten_contact_may_come_back_but_not_into_a_flow_for_once(engine: Engine) -> None:
    await engine.runs("once", a_flow().triggered_by({"kind": "manual"}).once_only().wait("rest", days=9))
    await engine.contacts("f-3", first_name="Once")
    await engine.suggests("once", "f-3")
    await engine.call("POST", "/v1/operations/forget", json={"contact": "f-3"})

    await engine.contacts("f-3", first_name="Anew")
    await engine.suggests("once", "f-3")

    assert (await engine.contact("f-3"))["first_name"] == "Anew"
    assert (await engine.passage("once", "f-3"))["status"] == "dropped_out"
    assert "can start this flow only once" in await engine.why("f-3", "once")


async def test_its_events_are_still_known_as_repeats(engine: Engine) -> None:
    event = {"id": "f-4-order", "type": "order.placed", "contact": "f-4", "data": {"amount": 1}}
    await engine.call("POST", "/v1/events", json=event)
    await engine.drain()
    await engine.call("POST", "/v1/operations/forget", json={"contact": "f-4"})
    assert (await engine.call("POST", "/v1/events", json=event))["duplicates"] == 1


async def test_those_who_wait_in_a_paused_flow_leave_it_too(engine: Engine) -> None:
    await engine.runs("frozen", a_flow().triggered_by({"kind": "manual"}).wait("rest", days=9).mail("hello"))
    await engine.contacts("f-5", first_name=f"{MARK}-paused")
    await engine.act("frozen", "pause")
    await engine.suggests("frozen", "f-5")

    assert (await engine.call("POST", "/v1/operations/forget", json={"contact": "f-5"}))["done"]

    assert (await engine.passage("frozen", "f-5"))["status"] == "dropped_out"
    assert await holding(engine, MARK) == []


async def test_mail_that_nobody_has_sent_is_withdrawn_and_counted_so(engine: Engine) -> None:
    """A planned mail of a paused flow stays planned; the sender must not wait for the resume to learn of it."""
    await engine.runs("unsent", a_flow().triggered_by({"kind": "manual"}).mail("hello").wait("rest", days=9))
    await engine.contacts("f-6")
    await engine.suggests("unsent", "f-6")
    await engine.act("unsent", "pause")
    effects = engine.database["effects"]
    planned = {"$set": {"state": "planned", "settings": {"to": MARK}}, "$unset": {"ended_at": ""}}
    await effects.update_one({"contact": "f-6"}, planned)

    assert (await engine.call("POST", "/v1/operations/forget", json={"contact": "f-6"}))["done"]

    row = await effects.find_one({"contact": "f-6"})
    assert row is not None and row["state"] == "withdrawn"
    assert "was withdrawn before it was sent" in await engine.why("f-6", "unsent")
    assert await holding(engine, MARK) == []


async def test_while_work_about_it_waits_it_is_told_and_finished_later(engine: Engine) -> None:
    """A ticket for a service that is away holds its values."""
    stuck = {
        "_id": "far-ahead",
        "service": "outside",
        "partition": partition_of("f-7", PARTITIONS),
        "seq": None,
    }
    record = Record(id="r", type="x", source="test", contact="f-7", time=START, data={"note": MARK})
    work = engine.database["work"]
    await work.insert_one(stuck | {"at": START, "records": [record.model_dump(exclude_defaults=True)]})

    answer = await engine.ask("POST", "/v1/operations/forget", json={"contact": "f-7", "patience": 0})
    assert answer.status_code == 202
    assert answer.json()["waits_for"] == "work about the contact waits for the service outside"

    await work.delete_one({"_id": "far-ahead"})
    answer = await engine.ask("POST", "/v1/operations/forget", json={"contact": "f-7", "patience": 5})
    assert answer.status_code == 200
    assert await holding(engine, MARK) == []
