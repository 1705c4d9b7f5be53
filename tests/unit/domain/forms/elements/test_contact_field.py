"""A field of the contact."""

import pytest

from common.domain.contact import Contact, ContactData
from common.domain.forms.answers import BadAnswer
from common.domain.forms.element import Taken
from common.domain.forms.elements.contact_field import LINES, ContactField
from tests.unit.domain.forms.elements.conftest import given


def field(name: str) -> ContactField:
    return ContactField(id="a", label="A", field=name)


@pytest.mark.parametrize("name", [*LINES, "custom.tier"])
def test_each_field_becomes_data_that_a_contact_takes(name: str, taken: Taken):
    answer = field(name).read(given("a@example.org"))
    assert ContactData.model_validate(field(name).means(answer, taken)).model_fields_set
    assert list(field(name).problems()) == []


@pytest.mark.parametrize("name", ["frist_name", "id", "retired", "custom.", "custom.a.b", "custom.$a"])
def test_there_are_no_others(name: str):
    assert [where for where, _ in field(name).problems()] == ["field"]


@pytest.mark.parametrize(
    "text", ["nobody", "a@b", "a b@example.org", "@example.org", "a@example.org\nBcc: x"]
)
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(BadAnswer):
        field("email").read(given(text))


def test_only_what_may_be_seen_by_others_is_filled_in():
    contact = Contact(id="c", first_name="Ann", mobile="+49", category="VIP", custom={"tier": "gold"})
    shown = {name: field(name).known(contact) for name in (*LINES, "custom.tier")}
    assert {name for name, value in shown.items() if value} == {"first_name"}
