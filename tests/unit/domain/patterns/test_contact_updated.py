import pytest
from pydantic import ValidationError

from common.domain.conditions import Seen
from common.domain.contact import Company, Consent, Contact
from common.domain.contact_changes import changed_fields
from common.domain.patterns.contact_updated import ContactUpdated
from tests.support.flows import START

CUSTOMER = {"field": "contact.category", "type": "text", "op": "is", "value": "Customer"}
WAS_LEAD = {"field": "before.category", "type": "text", "op": "is", "value": "Lead"}


def test_any_change_matches() -> None:
    assert ContactUpdated().match({"event.changed": ["country"]}, START).holds


def test_changed_narrows_it_to_some_fields() -> None:
    pattern = ContactUpdated(changed=["category", "custom.tier"])
    assert pattern.match({"event.changed": ["custom.tier", "country"]}, START).holds
    assert not pattern.match({"event.changed": ["country"]}, START).holds
    assert not pattern.match({}, START).holds
    assert "event.changed" in set(pattern.fields())


def test_changed_is_asked_in_every_group_and_explained() -> None:
    pattern = ContactUpdated(changed=["category"], conditions=[[CUSTOMER], [WAS_LEAD]])
    assert not pattern.match({"event.changed": ["country"], "contact.category": "Customer"}, START).holds
    verdict = pattern.match({"event.changed": ["category"], "before.category": "Lead"}, START)
    assert verdict.seen == (
        Seen(field="event.changed", op="one_of", expected=["category"], value=["category"], holds=True),
        Seen(field="before.category", op="is", expected="Lead", value="Lead", holds=True),
    )


def test_it_names_changes_as_they_are_told() -> None:
    before = Contact(id="1", company=Company(name="A"))
    after = Contact(
        id="1",
        company=Company(name="B"),
        custom={"tier": "gold"},
        consents={"e_marketing": Consent(basis="consent")},
        country="DE",
    )
    changed = changed_fields(before, after)
    assert set(changed) == {"company.name", "custom.tier", "consents.e_marketing", "country"}
    for name in changed:
        assert ContactUpdated(changed=[name]).match({"event.changed": list(changed)}, START).holds


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("contry", "did you mean contact.country"),
        ("contact.country", "not a field"),
        ("company", "name one of them"),
        ("consents", "a consent changes as a whole"),
        ("consents.e_marketing.basis", "a consent changes as a whole"),
    ],
)
def test_a_field_that_can_not_change_is_refused(name: str, hint: str) -> None:
    with pytest.raises(ValidationError, match=hint):
        ContactUpdated(changed=[name])


def test_it_is_on_state_when_it_asks_of_the_contact_alone() -> None:
    asked = ContactUpdated(conditions=[CUSTOMER])
    assert asked.state == asked.conditions
    assert ContactUpdated().state is None
    assert ContactUpdated(conditions=[CUSTOMER, WAS_LEAD]).state is None
    assert ContactUpdated(conditions=[CUSTOMER], changed=["category"]).state is None
