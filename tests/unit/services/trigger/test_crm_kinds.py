"""The table of docs/messages.md: what of the reference CRM raises each trigger and criterion, and that it does."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from common.adapters.crm.records import Fetched
from common.adapters.crm.rest import READERS, Message
from common.domain.contact import Company
from common.domain.patterns import Role, patterns
from common.domain.reasons import Status
from common.messages.record import Record
from services.trigger.crm_enrichment import enriched
from services.trigger.crm_mapping import read_crm_event
from services.trigger.crm_payload import read_payload
from services.trigger.crm_telling import message_added
from services.trigger.events import Good
from tests.support.crm import SALE_CREATED, crm_event
from tests.support.flows import a_contact, a_flow
from tests.unit.services.memory_road import MemoryRoad

TABLE = (Path(__file__).parents[4] / "docs" / "messages.md").read_text()
ROW = re.compile(r"^\| `(?P<kind>\w+)` \| (?P<events>[^|]*)\| (?P<ours>[^|]*)\| [^|]+\|$", re.MULTILINE)


class Row(NamedTuple):
    kind: str
    events: list[str]
    ours: list[str]


ROWS = [
    Row(found["kind"], re.findall("`(.+?)`", found["events"]), re.findall("`(.+?)`", found["ours"]))
    for found in ROW.finditer(TABLE)
    if found["kind"] in patterns.members
]
RAISED = [
    (row.kind, event, ours) for row in ROWS for event, ours in zip(row.events, row.ours * 2, strict=False)
]

SETTINGS: dict[str, dict[str, Any]] = {"added_to_project": {"project": "77"}}
PERSON, PROJECT = {"PersonId": 8}, {"ProjectId": 77}
RECORDS: dict[str, dict[str, Any]] = {
    "person": PERSON | {"Firstname": "Ada"},
    "sale": {"Person": PERSON, "Contact": {"ContactId": 5}, "Amount": 7, "Status": "Sold"},
    "ticket": {"Person": PERSON, "Title": "It squeaks"},
    "projectmember": PERSON | PROJECT,
    "activity": {"Person": PERSON, "Title": "Call", "Type": "inDiary"},
    "appointment": {"Person": PERSON, "Title": "Call", "Type": "inDiary"},
}
FIELDS: dict[str, dict[str, Any]] = {
    "chatsession": {"customer_id": 8},
    "sale": SALE_CREATED["FieldValues"],
    "foo": {"person_id": 8},
    "quote": {"person_id": 8},
}
BARE = ("sale.sold", "sale.lost", "ticket.created", "ticket.changed")
"""Of these the CRM tells no fields."""


def arrived(event: str) -> Record:
    """As it goes on the road: read from what the webhook sends, with what the record says."""
    entity = event.partition(".")[0]
    fields = {} if event in BARE or entity not in FIELDS else {"FieldValues": FIELDS[entity]}
    read = read_crm_event(read_payload(crm_event(event, PrimaryKey=8, **fields)))
    assert isinstance(read, Good), read
    record = enriched(read.record, found(entity))
    if event == "ticket.changed":
        added = message_added("8", Message("3", "2026-03-02T12:00:00", "ada", internal=False), some(entity))
        assert added is not None
        return added
    return record


def found(entity: str) -> Fetched | None:
    return READERS[entity][1](RECORDS[entity]) if entity in RECORDS else None


def some(entity: str) -> Fetched:
    told = found(entity)
    assert told is not None
    return told


def test_each_trigger_and_criterion_has_its_row() -> None:
    heard = {
        kind for kind, member in patterns.members.items() if member.roles & {Role.TRIGGER, Role.CRITERION}
    }
    assert sorted(row.kind for row in ROWS) == sorted(heard)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind)
def test_what_it_comes_as_is_what_the_kind_listens_for(row: Row) -> None:
    member = patterns.members[row.kind]
    named = {"form": "a", "link": "a", "selection": "a", "project": "a", "name": "a.b"}
    pattern = member(**{name: value for name, value in named.items() if name in member.model_fields})
    if member.hears and row.kind != "custom_event":
        assert row.ours == [pattern.event_type]


@pytest.mark.parametrize(("kind", "event", "ours"), RAISED)
async def test_it_arrives_and_starts_or_succeeds_flows(kind: str, event: str, ours: str) -> None:
    member = patterns.members[kind]
    pattern = {"kind": kind, **SETTINGS.get(kind, {}), **({"name": ours} if kind == "custom_event" else {})}
    kept = a_contact("8", company=Company(id="5"))
    if Role.TRIGGER in member.roles:
        road = MemoryRoad(a_flow().triggered_by(pattern).wait("w", days=9).open()).knows(kept)
        await road.send(arrived(event).but(time=road.now))
        assert road.passage("8").status is Status.ACTIVE
    if Role.CRITERION in member.roles:
        flow = a_flow().triggered_by({"kind": "manual"}).succeeding_by(pattern).wait("w", days=9)
        road = MemoryRoad(flow.open()).knows(kept)
        await road.suggest("8")
        await road.send(arrived(event).but(time=road.after(minutes=1).now))
        await road.run_on()
        assert road.passage("8").status is Status.FINISHED_WITH_SUCCESS
