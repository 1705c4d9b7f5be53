import pytest
from pydantic import ValidationError

from common.domain.patterns.added_to_selection import AddedToSelection
from tests.support.flows import START


def test_only_its_selection_matches() -> None:
    pattern = AddedToSelection(selection="spring")
    assert pattern.event_type == "selection.added"
    assert pattern.match({"event.selection": "spring"}, START).holds
    for other in ("autumn", "Spring", None):
        assert not pattern.match({"event.selection": other}, START).holds


def test_the_selection_must_be_named() -> None:
    with pytest.raises(ValidationError):
        AddedToSelection.model_validate({})
