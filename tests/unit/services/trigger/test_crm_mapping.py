"""The CRM's words become ours at the edge, and repeats share a name."""

from typing import Any

import pytest

from common.domain.contact import Company, Contact
from common.domain.contact_events import changed_by
from common.messages.record import Record
from services.trigger.crm_mapping import read_crm_event
from services.trigger.crm_payload import NoPayload, read_payload
from services.trigger.events import NEVER, Bad, Good
from tests.support.crm import SALE_CREATED, crm_event


def record(payload: dict[str, Any], event_id: str | None = None) -> Record:
    read = read_crm_event(read_payload(payload), event_id)
    assert isinstance(read, Good), read
    return read.record


def told(event: str, **changes: Any) -> Record:
    return record(crm_event(event, **changes))


def names(payload: dict[str, Any], event_id: str | None = None) -> set[str]:
    found = record(payload, event_id)
    return {found.id, *found.also}


def test_the_sample_is_a_sale_of_its_person() -> None:
    sale = record(SALE_CREATED)

    assert (sale.type, sale.contact, sale.source) == ("sale.created", "8", "crm/Default")
    assert sale.sent_at is not None and sale.sent_at.isoformat() == "2018-04-24T08:13:02.835000+00:00"
    known = {name: value for name, value in sale.data.items() if name != "crm"}
    assert known == {
        "sale": "527331",
        "company": "5",
        "owner": "5",
        "status": "open",
        "date": "2020-02-13T00:00:00",
    }
    crm = sale.data["crm"]
    assert crm["event_id"] == SALE_CREATED["EventId"]
    assert crm["changed_by"] == "37201"
    assert crm["fields"]["currency_id"] == 36
    assert "amount" in crm["changes"]


@pytest.mark.parametrize(
    ("event", "ours"),
    [
        ("person.created", "contact.created"),
        ("person.changed", "contact.updated"),
        ("person.deleted", "contact.deleted"),
        ("person.softdeleted", "contact.soft_deleted"),
        ("person.consented", "contact.consented"),
        ("person.unconsented", "contact.unconsented"),
        ("contact.created", "company.created"),
        ("contact.changed", "company.updated"),
        ("contact.softdeleted", "company.soft_deleted"),
        ("sale.changed", "sale.updated"),
        ("sale.sold", "sale.sold"),
        ("sale.lost", "sale.lost"),
        ("sale.completed", "sale.completed"),
        ("Sale.Created", "sale.created"),
        ("project.created", "project.created"),
        ("projectmember.created", "crm.projectmember.created"),
        ("projectmember.changed", "crm.projectmember.changed"),
        ("activity.created", "follow_up.created"),
        ("appointment.changed", "follow_up.updated"),
        ("document.edited", "document.edited"),
        ("associate.changed", "user.updated"),
        ("ticket.created", "request.created"),
        ("ticket.changed", "request.updated"),
        ("chatsession.created", "chat.started"),
        ("chatsession.message", "chat.message"),
        ("quote.ordered", "quote.ordered"),
        ("relation.created", "crm.relation.created"),
        ("salestakeholder.created", "crm.salestakeholder.created"),
        ("list.category.softdeleted", "crm.list.category.softdeleted"),
        ("list.Min kö.changed", "crm.list.min_k_.changed"),
        ("webhook12.stopped", "crm.webhook12.stopped"),
        ("sale.exploded", "crm.sale.exploded"),
        ("foo.bar", "crm.foo.bar"),
    ],
)
def test_each_event_has_a_type_of_ours(event: str, ours: str) -> None:
    assert told(event).type == ours


@pytest.mark.parametrize(
    ("event", "fields", "contact"),
    [
        ("person.created", {}, "527331"),
        ("person.changed", {"person_id": 9}, "527331"),
        ("sale.created", {"person_id": "8"}, "8"),
        ("sale.created", {"PersonId": 8}, "8"),
        ("sale.created", {"person_id": 0}, None),
        ("sale.sold", {}, None),
        ("ticket.created", {"cust_id": 12, "contact_id": 3}, "12"),
        ("ticket.created", {"cust_id": -1}, None),
        ("chatsession.created", {"CustomerId": "12"}, "12"),
        ("projectmember.created", {"person_id": 174651}, "174651"),
        ("salestakeholder.created", {"person_id": 4}, "4"),
        ("contact.changed", {"contact_id": 3, "person_id": 4}, None),
        ("associate.changed", {"associate_id": 3, "person_id": 4}, None),
    ],
)
def test_whom_it_is_about(event: str, fields: dict[str, Any], contact: str | None) -> None:
    assert told(event, FieldValues=fields).contact == contact


def test_a_delete_is_about_the_person_in_its_values() -> None:
    gone = told("projectmember.deleted", Values={"person_id": 64, "project_id": 178105})

    assert (gone.type, gone.contact, gone.data["project"]) == ("project.removed", "64", "178105")


def test_who_joins_a_project_that_is_named_is_added_to_it() -> None:
    member = told("projectmember.created", FieldValues={"person_id": 64, "project_id": 178105})

    assert (member.type, member.contact, member.data["project"]) == ("project.added", "64", "178105")


@pytest.mark.parametrize("entity", ["activity"])
def test_a_document_in_the_diary_is_no_follow_up(entity: str) -> None:
    assert told(f"{entity}.created", FieldValues={"document_id": 168}).type == "crm.activity.created"
    assert told(f"{entity}.created", FieldValues={"document_id": 0}).type == "follow_up.created"


def test_a_changed_person_changes_what_its_row_tells() -> None:
    event = told("person.changed", FieldValues={"retired": 1, "contact_id": 7179, "country_id": 756})
    before = Contact(id="527331", first_name="Ada", company=Company(id="7179", name="Engines"))

    after = changed_by(before, event.type, event.data, NEVER)

    assert after == before.but(retired=True)
    assert event.data["crm"]["fields"]["country_id"] == 756


def test_a_persons_row_names_its_users() -> None:
    event = told("person.changed", FieldValues={"associate_id": 37201, "support_associate_id": 0})
    before = Contact(id="527331", owner="5", service_contact="6")

    assert changed_by(before, event.type, event.data, NEVER) == Contact(id="527331", owner="37201")


def test_in_another_company_the_old_ones_name_is_forgotten() -> None:
    event = told("person.changed", FieldValues={"contact_id": 9}, Changes=["contact_id"])
    before = Contact(id="527331", company=Company(id="7179", name="Engines", country="GB", owner="5"))

    assert changed_by(before, event.type, event.data, NEVER).company == Company(id="9")


def test_without_a_company_there_is_none() -> None:
    event = told("person.changed", FieldValues={"contact_id": 0}, Changes=["contact_id"])
    before = Contact(id="527331", company=Company(id="7179"))

    assert changed_by(before, event.type, event.data, NEVER).company is None


def test_a_person_of_whom_nothing_is_told_stays_as_it_was() -> None:
    before = Contact(id="527331", retired=True)
    event = told("person.changed")

    assert changed_by(before, event.type, event.data, NEVER) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"EventId": "another"},
        {"EventId": ...},
        {"Timestamp": "2018-04-24T10:13:02.8352175+02:00"},
        {"Timestamp": "2024-01-01T00:00:00Z"},
        {"Timestamp": ...},
        {"PrimaryKey": "527331"},
        {"EventId": "1FC5752A-6DE8-412D-847A-12D5529A0EC6"},
        {"WebhookName": "another webhook", "EventId": "another"},
    ],
)
def test_a_repeat_shares_a_name(changes: dict[str, Any]) -> None:
    assert names(crm_event("sale.created")) & names(crm_event("sale.created", **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"Timestamp": "2018-04-24T08:13:02.8352176Z"},
        {"PrimaryKey": 527332},
        {"Event": "sale.changed"},
        {"ContextIdentifier": "Cust54321"},
    ],
)
def test_another_event_shares_none(changes: dict[str, Any]) -> None:
    other = crm_event("sale.created", **{"EventId": "another"} | changes)

    assert not names(crm_event("sale.created")) & names(other)


def test_the_same_id_in_another_installation_of_the_crm_is_another_event() -> None:
    assert not names(crm_event("sale.created")) & names(crm_event("sale.created", ContextIdentifier="x"))


def test_the_header_names_an_event_whose_body_does_not() -> None:
    bare = crm_event("sale.created", EventId=..., Timestamp=...)

    assert names(bare, SALE_CREATED["EventId"]) & names(crm_event("sale.created"))
    with pytest.raises(NoPayload):
        record(bare)


@pytest.mark.parametrize("fields", [{"a.b": 1}, {"$where": 1}, {"x": 2**70}, {"x": "y" * 64_000}])
def test_what_no_store_can_hold_is_bad(fields: dict[str, Any]) -> None:
    assert isinstance(read_crm_event(read_payload(crm_event("sale.created", FieldValues=fields))), Bad)


@pytest.mark.parametrize("event", ["person.deleted", "person.softdeleted"])
def test_for_whom_the_crm_has_no_more_nothing_goes_on(event: str) -> None:
    gone = told(event, Values={"contact_id": 9, "person_id": 527331})

    assert changed_by(Contact(id="527331"), gone.type, gone.data, NEVER).retired


def test_a_person_in_the_bin_is_not_back_because_its_row_says_that_it_works_there() -> None:
    event = told("person.changed", FieldValues={"retired": 0, "DeletedDate": "2026-03-02T10:00:00"})
    back = told("person.changed", FieldValues={"retired": 0, "DeletedDate": "0001-01-01T00:00:00"})

    assert (event.data["retired"], back.data["retired"]) == (True, False)


def test_a_changed_company_names_its_users_and_says_where_there_is_none() -> None:
    event = told("contact.changed", FieldValues={"associate_id": 7, "support_associate_id": 0})

    assert (event.data["owner"], event.data["service_contact"]) == ("7", None)
    assert (event.data["company"], event.contact) == ("527331", None)
