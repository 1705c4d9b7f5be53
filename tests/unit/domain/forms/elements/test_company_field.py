"""A field of the contact's company."""

import pytest

from common.domain.contact import Company, Contact, ContactData
from common.domain.forms.element import Taken
from common.domain.forms.elements.company_field import LINES, CompanyField
from tests.unit.domain.forms.elements.conftest import given


def field(name: str) -> CompanyField:
    return CompanyField(id="a", label="A", field=name)


@pytest.mark.parametrize("name", [*LINES, "custom.size"])
def test_each_field_becomes_data_that_a_contact_takes(name: str, taken: Taken):
    company = ContactData.model_validate(field(name).means(field(name).read(given("x")), taken)).company
    assert company is not None
    assert list(field(name).problems()) == []


def test_there_are_no_others():
    assert [where for where, _ in field("id").problems()] == ["field"]


def test_its_name_is_filled_in_for_whoever_has_one():
    assert field("name").known(Contact(id="c", company=Company(name="Acme"))) == "Acme"
    assert field("name").known(Contact(id="c")) == ""
