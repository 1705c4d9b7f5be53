"""Contacts and companies as changes to the reference CRM's records."""

import pytest

from common.adapters.crm.fields import Fields
from common.adapters.crm.patching import company_changes, contact_changes, new_person
from common.domain.contact import Company
from tests.support.crm_server import ADA
from tests.support.flows import a_contact


def patch(contact, *fields, **record):
    changes, untold = contact_changes(Fields(ADA | record), contact, fields)
    return [tuple(change.document().values()) for change in changes], list(untold)


@pytest.mark.parametrize(
    ("contact", "field", "change"),
    [
        (a_contact(last_name="King"), "last_name", ("replace", "/Lastname", "King")),
        (a_contact(retired=True), "retired", ("replace", "/Retired", True)),
        (a_contact(email="a@new.example"), "email", ("replace", "/Emails/1/Value", "a@new.example")),
        (a_contact(email=None), "email", ("remove", "/Emails/1")),
        (a_contact(mobile=None), "mobile", ("remove", "/MobilePhones/0")),
        (a_contact(owner="17"), "owner", ("replace", "/Associate", {"AssociateId": 17})),
        (a_contact(company=Company(id="6")), "company.id", ("replace", "/Contact", {"ContactId": 6})),
        (a_contact(), "company.id", ("replace", "/Contact", {"ContactId": 0})),
        (a_contact(), "interests", ("replace", "/Interests/0/Selected", False)),
    ],
)
def test_each_field_is_changed_where_the_record_has_it(contact, field, change):
    assert patch(contact, field) == ([change], [])


def test_what_the_record_says_already_is_no_change():
    ada = a_contact(first_name="Ada", interests=["Wine"], company=Company(id="5"))
    assert patch(ada, "first_name", "interests", "company.id", "owner", "no_mailing") == ([], [])


def test_what_the_crm_has_no_place_for_is_named():
    contact = a_contact(language="sv", owner="kim", interests=["Golf"], custom={"tier": "gold"})
    assert patch(contact, "language", "owner", "interests", "custom.tier") == (
        [], ["language", "owner", "interests", "custom.tier"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "value", "told"),
    [
        ("old", "new", "new"),
        ("[I:1]", 3, "[I:3]"),
        ("[I:0]", True, "[I:1]"),
        ("[F:1.5]", 2.5, "[F:2.5]"),
        ("[D:03/02/2026]", "2026-04-05", "[D:04/05/2026]"),
        ("old", None, ""),
    ],
)
def test_a_custom_field_is_written_as_the_crm_does(before, value, told):
    record = {"CustomFields": {"SuperOffice:1": before}}
    changes, untold = patch(a_contact(custom={"SuperOffice:1": value}), "custom.SuperOffice:1", **record)
    assert (changes, untold) == ([("replace", "/CustomFields/SuperOffice:1", told)], [])


def test_words_of_a_list_are_not_told_and_equal_ones_are_no_change():
    fields = {"CustomFields": {"x:1": "[I:3]", "x:1:DisplayText": "Gold"}}
    assert patch(a_contact(custom={"x:1": "Silver"}), "custom.x:1", **fields) == ([], ["custom.x:1"])
    assert patch(a_contact(custom={"x:1": "Gold"}), "custom.x:1", **fields) == ([], [])


def test_a_company_has_a_name_a_category_by_number_and_users():
    mill = Company(id="5", name="Mill Ltd", category="4", owner="17", country="SE")
    fields = ("company.name", "company.category", "company.owner", "company.country")
    changes, untold = company_changes(Fields({"Name": "Mill"}), mill, fields)
    assert [change.path for change in changes] == ["/Name", "/Category", "/Associate"]
    assert untold == ["company.country"]


def test_a_new_person_says_what_is_known():
    made = new_person(
        a_contact(first_name="Bo", email="bo@example.org", company=Company(id="5"), owner="kim")
    )
    assert made == {
        "Firstname": "Bo", "Lastname": "", "Emails": [{"Value": "bo@example.org", "Description": ""}],
        "Contact": {"ContactId": 5},
    }  # fmt: skip
