from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from tests.support.flows import START, a_contact, a_flow
from tests.support.passages import Passage


def settings_of(**settings):
    flow = a_flow().step("create_sale", **settings).wait(days=1)
    (effect,) = Passage(flow.open(), a_contact(owner="5")).begin().effects
    return effect.settings


def test_a_sale_is_planned_with_everything_that_its_author_set():
    told = settings_of(
        subject="Mill for {{ contact.name }}", type="3", stage="2", amount=1200.5, currency="EUR",
        description="As asked", project="8", after={"weeks": 2},
    )  # fmt: skip
    assert datetime.fromisoformat(told.pop("date")) == START + timedelta(weeks=2)
    assert told == {
        "kind": "create_sale", "title": "Mill for {{ contact.name }}", "type": "3", "stage": "2",
        "amount": 1200.5, "currency": "EUR", "description": "As asked", "project": "8", "owner": "5",
    }  # fmt: skip


def test_without_a_date_it_is_that_of_its_type_and_the_owner_may_be_named():
    assert settings_of(subject="Mill", owner="user", user="9") == {
        "kind": "create_sale", "title": "Mill", "owner": "9",
    }  # fmt: skip
    assert settings_of(subject="Mill", owner="nobody") == {"kind": "create_sale", "title": "Mill"}


@pytest.mark.parametrize("wrong", [{"amount": -1}, {"amount": float("inf")}, {"currency": "euro"}])
def test_what_no_sale_can_have_is_refused(wrong):
    with pytest.raises(ValidationError):
        a_flow().step("create_sale", subject="Mill", **wrong).build()


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({}, ["subject"]),
        ({"subject": "Mill", "amount": 3}, ["currency"]),
        ({"subject": "Mill", "after": {}}, ["after"]),
        ({"subject": "Mill", "owner": "user"}, ["user"]),
        ({"subject": "Mill"}, []),
    ],
)
def test_what_is_incomplete_is_told_by_field(settings, fields):
    (step,) = a_flow().step("create_sale", **settings).build().steps

    assert [field for field, _ in step.problems()] == fields
    assert [field for field, _ in step.texts()] == ["subject", "description"]
