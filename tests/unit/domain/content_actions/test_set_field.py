"""Give a field of the contact, or of its company, a value."""

import pytest

from common.domain.contact import Contact
from common.domain.contact_events import changed_by
from common.domain.content_action import patch_of
from common.domain.content_actions.set_field import SetField
from common.domain.event import CONTACT_UPDATED
from common.domain.facts import reach
from tests.support.flows import START


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", "Prospect"),
        ("custom.tier", "gold"),
        ("company.country", "SE"),
        ("company.custom.size", 12),
    ],
)
def test_the_contact_has_the_value_after_it(field: str, value: object):
    action = SetField.model_validate({"field": field, "value": value})

    after = changed_by(Contact(id="7"), CONTACT_UPDATED, patch_of([action]), START)

    assert list(action.problems()) == []
    assert reach(after, field) == value


def test_several_fields_of_one_company_are_one_change():
    chosen = [SetField(field="company.country", value="SE"), SetField(field="company.category", value="Mill")]

    assert patch_of(chosen) == {"company": {"country": "SE", "category": "Mill"}}


@pytest.mark.parametrize(
    "field", ["selections", "consents", "id", "company.id", "custom.", "custom.$set", "x.y"]
)
def test_what_is_no_field_to_set_is_told(field: str):
    assert [place for place, _ in SetField(field=field, value="x").problems()] == ["field"]


def test_a_value_that_the_field_can_t_hold_is_told():
    assert [place for place, _ in SetField(field="email", value="nobody").problems()] == ["value"]
