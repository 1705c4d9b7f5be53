"""Selections over HTTP: lists and saved searches, who is on them, and what keeps them what they are."""

from typing import Any

import pytest

from common.adapters.mongo.contacts import CONTACTS, place_contacts, to_document
from tests.integration.studio.conftest import PARTITIONS, Client
from tests.support.flows import a_contact, a_flow, country_is, line

pytestmark = pytest.mark.mongo

GERMANS = {"name": "In Germany", "kind": "dynamic", "criteria": country_is("DE")}


async def known(studio: Client, number: int, **fields: Any) -> None:
    people = [a_contact(f"{fields.get('country', 'DE')}-{n}", **fields) for n in range(number)]
    await studio.process.database[CONTACTS].insert_many(
        [to_document(person, 1, PARTITIONS) for person in people]
    )


async def test_a_saved_search_finds_whom_its_criteria_hold_for_now(studio: Client) -> None:
    await studio.put("/v1/selections/germans", GERMANS)
    await known(studio, 5)
    await known(studio, 3, country="SE")

    assert await studio.read("/v1/selections/germans/count") == {"count": 5}
    first = await studio.read("/v1/selections/germans/contacts?limit=3")
    assert [row["id"] for row in first["items"]] == ["DE-0", "DE-1", "DE-2"]
    second = await studio.read(f"/v1/selections/germans/contacts?limit=3&after={first['next']}")
    assert ([row["id"] for row in second["items"]], second["next"]) == (["DE-3", "DE-4"], None)


async def test_a_list_has_those_whose_field_names_it(studio: Client) -> None:
    await studio.put("/v1/selections/staff", {"name": "Staff"})
    await known(studio, 2, selections=["staff", "other"])
    await known(studio, 2, country="SE")

    assert await studio.read("/v1/selections/staff/count") == {"count": 2}
    assert len((await studio.read("/v1/selections/staff/contacts"))["items"]) == 2


async def test_a_count_of_a_list_looks_at_nobody_else(studio: Client) -> None:
    await known(studio, 3, selections=["staff"])
    await known(studio, 50, country="SE")
    query = {"partition": {"$in": list(range(PARTITIONS))}, "selections": "staff"}

    plan = await studio.process.database.command(
        "explain", {"find": CONTACTS, "filter": query}, verbosity="executionStats"
    )

    assert plan["executionStats"]["totalDocsExamined"] == 3


async def test_criteria_are_kept_as_written_and_versioned(studio: Client) -> None:
    made = await studio.put("/v1/selections/germans", GERMANS)
    again = await studio.put("/v1/selections/germans", GERMANS)
    assert again["revision"] == made["revision"] == 1

    changed = GERMANS | {"criteria": [line("contact.engagement.clicked.at", "within_last", 30, "date")]}
    assert (await studio.put("/v1/selections/germans", changed))["revision"] == 2
    assert (await studio.ask("PUT", "/v1/selections/germans", json=GERMANS)).status_code == 428


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"kind": "static", "criteria": country_is("DE")}, "set kind to dynamic"),
        ({"kind": "dynamic", "criteria": [line("event.form", "is", "x")]}, "event.form is no field of one"),
        ({"kind": "other"}, "static"),
    ],
)
async def test_what_is_no_selection_is_refused(studio: Client, fields: dict[str, Any], told: str) -> None:
    answer = await studio.ask("PUT", "/v1/selections/odd", json={"name": "Odd"} | fields)

    assert answer.status_code == 422
    assert told in answer.text


async def test_a_selection_stays_what_it_is(studio: Client) -> None:
    await studio.put("/v1/selections/germans", GERMANS)

    answer = await studio.write("/v1/selections/germans", {"name": "A list"})

    assert answer.status_code == 409


async def test_steps_and_exclusion_lists_take_no_saved_search(studio: Client) -> None:
    await studio.put("/v1/selections/germans", GERMANS)
    await studio.flow("f", a_flow().excluding("germans").add_to("germans", "add").build())

    errors = (await studio.act("f", "run")).json()["errors"]

    assert [(each["field"], "saved search" in each["detail"]) for each in errors] == [
        ("exclusion_lists[0]", True),
        ("selection", True),
    ]


async def test_contacts_stored_without_their_partition_are_placed(studio: Client) -> None:
    await known(studio, 20, selections=["staff"])
    contacts = studio.process.database[CONTACTS]
    right = {row["_id"]: row["partition"] async for row in contacts.find()}
    await contacts.update_many({}, {"$unset": {"partition": ""}})

    await place_contacts(studio.process.database, PARTITIONS)

    assert {row["_id"]: row["partition"] async for row in contacts.find()} == right
