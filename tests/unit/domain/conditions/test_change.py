from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from common.domain.conditions import ANYONE
from common.domain.conditions.change import ChangeLine
from tests.support.flows import START


def ask(
    before: Any, after: Any, *, changed: str = "category", field: str = "contact.category", **sides: Any
) -> bool:
    line = ChangeLine.model_validate({"field": field, **sides})
    facts = {
        field: after,
        field.replace("contact.", "before.", 1): before,
        "event.changed": [changed],
    }
    return line.holds(line.look(facts), START, ANYONE)


def test_a_category_changed_from_lead_to_prospect() -> None:
    sides = {"from": "Lead", "to": "Prospect"}
    assert ask("Lead", "Prospect", **sides)
    assert ask("LEAD", "prospéct", **sides)
    assert not ask("Prospect", "Lead", **sides)
    assert not ask("Lead", "Customer", **sides)
    assert not ask("Lead", "Prospect", changed="country", **sides)


def test_either_side_may_be_left_open() -> None:
    assert ask("Lead", "Customer")
    assert ask("Lead", "Customer", to="Customer")
    assert ask(None, "Customer", to=["Prospect", "Customer"])
    assert not ask("Lead", "Customer", **{"from": "Prospect"})


def test_the_empty_text_stands_for_nothing() -> None:
    assert ask(None, "Lead", **{"from": ""})
    assert ask("Lead", None, to="")
    assert not ask("Lead", "Customer", **{"from": ""})


def test_yes_and_no_and_numbers_are_no_texts() -> None:
    assert ask(False, True, to=True)
    assert not ask(0, 1, to=True)
    assert ask(1, 2, to=2)
    assert not ask("1", "2", to=2)


def test_a_list_has_what_is_among_its_texts() -> None:
    assert ask(["a"], ["a", "b"], changed="interests", field="contact.interests", to="B")
    assert not ask(["a"], ["a", "b"], changed="interests", field="contact.interests", to="c")


def test_a_consent_changes_as_a_whole_and_is_asked_by_its_parts() -> None:
    field = "contact.consents.e_marketing.basis"
    assert ask("consent", "contract", changed="consents.e_marketing", field=field)
    assert not ask("consent", "consent", changed="consents.e_marketing", field=field)


def test_without_an_event_nothing_has_changed() -> None:
    line = ChangeLine(field="contact.category")
    assert not line.holds(line.look({"contact.category": "Lead"}), datetime(2024, 1, 1, tzinfo=UTC), ANYONE)


def test_it_survives_json_under_the_names_that_authors_write() -> None:
    line = ChangeLine.model_validate({"field": "contact.category", "from": "Lead", "to": ["a", "b"]})
    assert line.model_dump()["from"] == "Lead"
    assert ChangeLine.model_validate_json(line.model_dump_json()) == line
    assert line.expected == "from 'Lead' to ['a', 'b']"


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("event.amount", "of a field of the contact"),
        ("contact.engagement.clicked.count", "not a field"),
        ("contact.consents.e_marketing.valid", "not a field"),
    ],
)
def test_what_can_not_change_by_an_event_is_refused(field: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ChangeLine(field=field)
