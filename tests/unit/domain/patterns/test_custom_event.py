import pytest
from pydantic import ValidationError

from common.domain.event import BUILT_IN
from common.domain.patterns.custom_event import CustomEvent
from tests.support.flows import START


def test_the_name_is_the_event_s_type() -> None:
    assert CustomEvent(name="trial.started").event_type == "trial.started"
    assert CustomEvent(name="signup").match({}, START).holds


def test_slots_hold_no_dot_and_differ_by_name() -> None:
    slots = {CustomEvent(name=name).slot for name in ("a.b", "a-b", "a_b", "ab")}
    assert len(slots) == 4
    assert not any("." in slot for slot in slots)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_built_in_types_have_kinds_of_their_own(name: str) -> None:
    with pytest.raises(ValidationError, match="built in"):
        CustomEvent(name=name)


@pytest.mark.parametrize(
    "name", ["Trial.Started", "a..b", ".a", "a.", "a b", "a\n", "headrace.enrolment.suggested"]
)
def test_names_are_dotted_words_and_not_the_engine_s(name: str) -> None:
    with pytest.raises(ValidationError):
        CustomEvent(name=name)
