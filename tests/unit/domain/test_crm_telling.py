"""What a CRM outside hears of what is changed here."""

import pytest

from common.domain.contact import Company
from common.domain.crm_act import ChangedCompany, ChangedContact, Join, NewContact, Quit
from common.domain.crm_telling import is_told, tellings, told
from common.domain.event import (
    CONTACT_CREATED,
    CONTACT_IMPORTED,
    CONTACT_UPDATED,
    LINK_CLICKED,
    PROJECT_REMOVED,
    SELECTION_ADDED,
)
from tests.support.flows import START, a_contact

MILL = a_contact(company=Company(id="5", name="Mill"), selections=["vip"])


def acts(event_type, *changed, contact=MILL, **data):
    return list(tellings(event_type, data, changed, contact))


def test_a_change_is_told_by_its_fields_without_memberships():
    assert acts(CONTACT_UPDATED, "country", "custom.tier", "selections") == [
        ChangedContact(fields=("country", "custom.tier"))
    ]


def test_what_changed_of_the_company_is_told_of_the_company():
    assert acts(CONTACT_UPDATED, "country", "company.name") == [
        ChangedContact(fields=("country",)),
        ChangedCompany(company="5", fields=("company.name",)),
    ]


@pytest.mark.parametrize(
    ("contact", "changed"),
    [
        (a_contact(company=Company(name="Mill")), ("company.name",)),
        (MILL, ("company.id", "company.name")),
    ],
)
def test_what_is_said_of_a_company_that_the_crm_did_not_know_of_is_said_of_the_contact(contact, changed):
    assert acts(CONTACT_UPDATED, *changed, contact=contact) == [ChangedContact(fields=changed)]


def test_joining_leaving_and_new_people_are_told_as_such():
    assert acts(SELECTION_ADDED, "selections", selection="vip") == [Join(of="selection", name="vip")]
    assert acts(PROJECT_REMOVED, "projects", project="3") == [Quit(of="project", name="3")]
    assert acts(CONTACT_CREATED, "first_name") == [NewContact()]


def test_only_what_begins_here_and_changes_something_is_told():
    assert is_told(CONTACT_UPDATED, "form", ["country"])
    assert is_told(SELECTION_ADDED, "operator", ["selections"])
    assert is_told(CONTACT_IMPORTED, "operator", ["retired"])
    assert not is_told(CONTACT_IMPORTED, "import", ["retired"])
    assert not is_told(CONTACT_UPDATED, "form", [])
    assert not is_told(CONTACT_UPDATED, "crm", ["country"])
    assert not is_told(LINK_CLICKED, "reader", ["engagement"])


def test_values_are_those_of_the_moment_of_telling():
    act = ChangedContact(fields=("country", "custom.tier"))
    assert "values" not in act.settings()
    assert act.as_of(a_contact(country="SE", custom={"tier": "gold"})).values == {
        "country": "SE", "custom": {"tier": "gold"},
    }  # fmt: skip
    assert Join(of="selection", name="vip").as_of(MILL).still
    assert not Quit(of="selection", name="vip").as_of(MILL).still
    company = ChangedCompany(company="5", fields=("company.name",)).as_of(MILL)
    assert company.values == {"name": "Mill"}


def test_a_telling_belongs_to_no_flow_and_may_be_repeated():
    act = ChangedContact(fields=("country",))
    one, again = (told("r1", act, "8", 3, cause="r1", depth=2, now=START) for _ in range(2))
    assert one == again
    assert (one.flow, one.repeatable, one.depth, one.cause) == ("", True, 2, "r1")
