from datetime import UTC, datetime

import pytest

from common.domain.contact import E_MARKETING, MOST_CUSTOM, Company, Consent, Contact, TooManyValues
from common.domain.contact_events import changed_by
from common.domain.event import (
    CONTACT_CREATED,
    CONTACT_IMPORTED,
    CONTACT_UNSUBSCRIBED,
    CONTACT_UPDATED,
    ORDER_PLACED,
    PROJECT_ADDED,
    PROJECT_REMOVED,
    SELECTION_ADDED,
    SELECTION_REMOVED,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ASA = Contact(
    id="7",
    first_name="Åsa",
    country="SE",
    company=Company(id="9", name="Kvarn", custom={"size": 12}),
    custom={"tier": "gold"},
    consents={E_MARKETING: Consent(basis="consent")},
    selections=["staff"],
    subscriptions=["news", "offers"],
)


def after(event_type, contact=ASA, **data):
    return changed_by(contact, event_type, data, NOW)


@pytest.mark.parametrize("event_type", [CONTACT_CREATED, CONTACT_UPDATED, CONTACT_IMPORTED])
def test_fields_that_are_given_are_taken_over_and_the_others_stay(event_type):
    changed = after(event_type, country="NO", interests=["wine"])

    assert (changed.country, changed.interests) == ("NO", ["wine"])
    assert changed.but(country="SE", interests=[]) == ASA


def test_what_is_given_as_nothing_is_emptied():
    assert after(CONTACT_UPDATED, country=None, selections=[]).country is None
    assert after(CONTACT_UPDATED, company=None).company is None


def test_custom_fields_consents_and_the_company_are_merged():
    changed = after(
        CONTACT_UPDATED,
        custom={"score": 7},
        consents={"profiling": {"basis": "contract"}},
        company={"name": "Mölla", "custom": {"region": "south"}},
    )

    assert changed.custom == {"tier": "gold", "score": 7}
    assert set(changed.consents) == {E_MARKETING, "profiling"}
    assert changed.company == Company(id="9", name="Mölla", custom={"size": 12, "region": "south"})


def test_a_company_is_taken_as_it_is_by_those_who_had_none():
    assert after(CONTACT_UPDATED, Contact(id="8"), company={"name": "Kvarn"}).company == Company(name="Kvarn")


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        (CONTACT_UPDATED, {}),
        (CONTACT_UPDATED, {"country": "SE", "custom": {"tier": "gold"}}),
        (SELECTION_ADDED, {"selection": "staff"}),
        (SELECTION_REMOVED, {"selection": "press"}),
        (PROJECT_REMOVED, {"project": "fair"}),
        (CONTACT_UNSUBSCRIBED, {"subscription_type": "events"}),
        (ORDER_PLACED, {"amount": 3, "country": "NO"}),
        ("trial.started", {"country": "NO"}),
    ],
)
def test_what_changes_nothing_answers_the_very_same_contact(event_type, data):
    assert after(event_type, **data) is ASA


def test_membership_is_changed_one_selection_at_a_time():
    assert after(SELECTION_ADDED, selection="press").selections == ["staff", "press"]
    assert after(SELECTION_REMOVED, selection="staff").selections == []


def test_projects_are_joined_and_left_like_selections():
    member = after(PROJECT_ADDED, project="fair")

    assert (member.projects, member.selections) == (["fair"], ASA.selections)
    assert after(PROJECT_ADDED, member, project="fair") is member
    assert after(PROJECT_ADDED, member, project="178105").projects == ["fair", "178105"]
    assert after(PROJECT_REMOVED, member, project="fair").projects == []


def test_unsubscribing_from_one_type_keeps_the_others_and_the_consent():
    changed = after(CONTACT_UNSUBSCRIBED, subscription_type="news")

    assert changed.subscriptions == ["offers"]
    assert changed.consents_to(E_MARKETING)


def test_unsubscribing_from_all_withdraws_the_consent_once():
    changed = after(CONTACT_UNSUBSCRIBED)

    assert not changed.consents_to(E_MARKETING)
    assert changed.consents[E_MARKETING].withdrawn_at == NOW
    assert changed.subscriptions == ["news", "offers"]
    assert changed_by(changed, CONTACT_UNSUBSCRIBED, {}, datetime(2027, 1, 1, tzinfo=UTC)) is changed
    bare = Contact(id="8")
    assert changed_by(bare, CONTACT_UNSUBSCRIBED, {}, NOW) is bare


def test_a_contact_never_comes_to_hold_more_than_can_be_read_again():
    names = [f"n{n}" for n in range(1000)]
    full = ASA.but(custom={f"f{n}": n for n in range(MOST_CUSTOM)}, selections=names, projects=names)
    Contact.model_validate(full.model_dump())

    assert after(CONTACT_UPDATED, full, custom={"f0": "new"}).custom["f0"] == "new"
    for event_type, data in (
        (CONTACT_UPDATED, {"custom": {"one_more": 1}}),
        (CONTACT_UPDATED, {"company": {"custom": {f"f{n}": n for n in range(MOST_CUSTOM)}}}),
        (SELECTION_ADDED, {"selection": "one-more"}),
        (PROJECT_ADDED, {"project": "one-more"}),
    ):
        with pytest.raises(ValueError):
            after(event_type, full, **data)
    with pytest.raises(TooManyValues, match="custom would have 201 values; at most 200"):
        after(CONTACT_UPDATED, full, custom={"one_more": 1})


def test_what_is_added_to_lists_stays_beside_what_is_there():
    added = after(
        CONTACT_UPDATED, first_name="Asa", add={"subscriptions": ["more", "news"], "interests": ["Mills"]}
    )

    assert added.first_name == "Asa"
    assert (added.subscriptions, added.interests) == (["news", "offers", "more"], ["Mills"])


def test_lists_take_no_more_than_can_be_kept():
    with pytest.raises(TooManyValues):
        after(CONTACT_UPDATED, add={"subscriptions": [f"s{n}" for n in range(100)]})


def test_an_event_may_take_values_out_of_lists_and_put_others_in():
    changed = after(
        CONTACT_UPDATED, remove={"subscriptions": ["news", "none"]}, add={"subscriptions": ["tips"]}
    )

    assert changed.subscriptions == ["offers", "tips"]
