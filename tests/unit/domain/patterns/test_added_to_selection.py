import pytest

from common.domain.conditions import holds
from common.domain.patterns.added_to_selection import AddedToSelection
from tests.support.flows import START


def test_only_its_selection_matches() -> None:
    pattern = AddedToSelection(selection="spring")
    assert pattern.event_type == "selection.added"
    assert pattern.match({"event.selection": "spring"}, START).holds
    for other in ("autumn", "Spring", None):
        assert not pattern.match({"event.selection": other}, START).holds


def test_the_selection_must_be_named() -> None:
    assert [field for field, _ in AddedToSelection().problems()] == ["selection"]
    assert not AddedToSelection().selections()


SWEDISH = {"field": "contact.country", "type": "text", "op": "is", "value": "SE"}


def test_who_is_on_the_selection_already_meets_it_by_that() -> None:
    asked = AddedToSelection(selection="spring").state
    assert asked is not None
    assert holds(asked, {"contact.selections": ["autumn", "spring"]}, START)
    assert not holds(asked, {"contact.selections": ["autumn"]}, START)
    assert not holds(asked, {}, START)


def test_its_conditions_on_the_contact_are_asked_besides() -> None:
    asked = AddedToSelection.model_validate({"selection": "spring", "conditions": [SWEDISH]}).state
    assert asked is not None
    assert holds(asked, {"contact.selections": ["spring"], "contact.country": "SE"}, START)
    assert not holds(asked, {"contact.selections": ["spring"], "contact.country": "DE"}, START)


@pytest.mark.parametrize("field", ["event.source", "before.country"])
def test_with_conditions_on_the_event_only_the_event_meets_it(field: str) -> None:
    asked = AddedToSelection.model_validate(
        {"selection": "spring", "conditions": [SWEDISH | {"field": field}]}
    )
    assert asked.state is None
