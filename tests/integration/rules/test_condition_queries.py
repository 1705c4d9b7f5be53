"""Queries find exactly those for whom the conditions hold, on a real server."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.collection import Collection

from common.adapters.mongo.condition_queries import contacts_who
from common.adapters.mongo.contacts import to_contact, to_document
from common.domain.conditions import ANYONE, AnyLine, Asker, Criteria, fields, holds
from common.domain.conditions.change import ChangeLine
from common.domain.conditions.date import DateLine
from common.domain.conditions.interests import InterestsLine
from common.domain.conditions.number import NumberLine
from common.domain.conditions.status import StatusLine
from common.domain.conditions.text import TextLine
from common.domain.conditions.yes_no import YesNoLine
from common.domain.contact import Company, Consent, Contact, Engagement, LegalBasis, Tally
from common.domain.facts import collect
from tests.support import strategies
from tests.support.flows import START

pytestmark = pytest.mark.mongo

FIELDS = (
    "contact.first_name",
    "contact.country",
    "contact.retired",
    "contact.interests",
    "contact.selections",
    "contact.company.name",
    "contact.company.custom.size",
    "contact.custom.tier",
    "contact.custom.until",
    "contact.custom.never set",
    "contact.consents.e_marketing.basis",
    "contact.consents.e_marketing.valid",
    "contact.consents.e_marketing.withdrawn_at",
    "contact.engagement.clicked.count",
    "contact.engagement.clicked.at",
    "event.amount",
)
BOUND_TO_THEIR_FIELD = (StatusLine, InterestsLine, ChangeLine)

values = st.one_of(
    st.none(),
    strategies.pooled_texts,
    strategies.texts,
    strategies.date_texts,
    strategies.numbers,
    st.booleans(),
    st.lists(strategies.texts, max_size=3),
    st.sampled_from(["", "\u0301", "a\nb", "a\n", "a.b", "9999-12-31", "0001-01-01", "a\x00b"]),
)
consents = st.builds(
    Consent,
    basis=st.sampled_from(LegalBasis),
    at=st.none() | strategies.moments,
    withdrawn_at=st.none() | strategies.moments,
)
companies = st.builds(
    Company, name=strategies.pooled_texts, custom=st.dictionaries(st.just("size"), values, max_size=1)
)
contacts = st.builds(
    Contact,
    id=st.just("1"),
    first_name=st.just("") | strategies.texts,
    country=st.none() | strategies.pooled_texts,
    company=st.none() | companies,
    retired=st.booleans(),
    interests=st.lists(strategies.pooled_texts, max_size=3),
    selections=st.lists(st.sampled_from(["a", "ab", "staff"]), max_size=2),
    custom=st.dictionaries(st.sampled_from(["tier", "until", "owner", "vip"]), values),
    consents=st.dictionaries(st.just("e_marketing"), consents, max_size=1),
    engagement=st.builds(
        Engagement,
        clicked=st.builds(Tally, count=st.integers(0, 3), at=st.none() | strategies.moments),
    ),
)


def elsewhere(line: AnyLine, field: str) -> AnyLine:
    """The same line asked of another field, whatever that holds."""
    moved: AnyLine = line if isinstance(line, BOUND_TO_THEIR_FIELD) else line.but(field=field)
    return moved


lines = st.builds(elsewhere, strategies.lines, st.sampled_from(FIELDS))
criteria = st.lists(st.lists(lines, max_size=3).map(tuple), max_size=3).map(tuple)


@pytest.fixture(scope="module")
def people(mongod: Any) -> Iterator[Collection[dict[str, Any]]]:
    mongod.start()
    with MongoClient[dict[str, Any]](mongod.url) as client:
        name = f"test_{uuid4().hex[:12]}"
        yield client[name].contacts
        client.drop_database(name)


def found(people: Collection[dict[str, Any]], query: dict[str, Any]) -> set[str]:
    return {row["_id"] for row in people.find(query, {"_id": 1})}


def who(everyone: list[Contact], criteria: Criteria, now: datetime, asker: Asker) -> set[str]:
    return {
        contact.id for contact in everyone if holds(criteria, collect(fields(criteria), contact), now, asker)
    }


def line_on(kind: type[AnyLine], field: str, **asked: Any) -> Criteria:
    return ((kind(field=field, **asked),),)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(contacts, min_size=1, max_size=6),
    st.lists(criteria, min_size=4, max_size=8),
    strategies.nows,
    strategies.askers,
)
@example(
    [Contact(id="1", custom={"tier": tier}) for tier in ("a\n", "a", "ba", "a.b", "axb", ["a"], "a\x00b", 1)],
    [
        line_on(TextLine, "contact.custom.tier", op="ends_with", value="a"),
        line_on(TextLine, "contact.custom.tier", op="contains", value="a.b"),
        line_on(TextLine, "contact.custom.tier", op="contains", value="\x00"),
        line_on(TextLine, "contact.custom.tier", op="is_exactly", value="a"),
    ],
    START,
    ANYONE,
)
@example(
    [Contact(id="1", custom={"tier": tier}) for tier in (2**53, 2**53 + 1, float(2**53), True, "9007", None)],
    [
        line_on(NumberLine, "contact.custom.tier", op="gt", value=2**53),
        line_on(NumberLine, "contact.custom.tier", op="eq", value=2**53 + 1),
        line_on(NumberLine, "contact.custom.tier", op="ne", value=1),
        line_on(YesNoLine, "contact.custom.tier", value=True),
    ],
    START,
    ANYONE,
)
@example(
    [
        Contact(id="1", custom={"until": day})
        for day in ("0001-01-01", "9999-12-31", "2024-02-30", "2026-03-02")
    ],
    [
        line_on(DateLine, "contact.custom.until", op="empty"),
        line_on(DateLine, "contact.custom.until", op="today"),
        line_on(DateLine, "contact.custom.until", op="before", value="2026-03-02T00:00:00.000001Z"),
    ],
    START,
    ANYONE,
)
def test_a_query_finds_exactly_those_for_whom_the_conditions_hold(
    people: Collection[dict[str, Any]],
    described: list[Contact],
    asked: list[Criteria],
    now: datetime,
    asker: Asker,
) -> None:
    everyone = [contact.but(id=str(number)) for number, contact in enumerate(described)]
    people.delete_many({})
    people.insert_many([to_document(contact, 1, 8) for contact in everyone])
    for conditions in asked:
        assert found(people, contacts_who(conditions, now, asker)) == who(everyone, conditions, now, asker)


@given(contacts)
@settings(max_examples=50, deadline=None)
def test_what_conditions_see_is_kept_beside_the_data_and_never_read_back(contact: Contact) -> None:
    assert to_contact(to_document(contact, 7, 8)) == contact.but(revision=7)
