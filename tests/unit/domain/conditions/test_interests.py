import pytest
from pydantic import ValidationError

from common.domain.conditions import ANYONE
from common.domain.conditions.interests import InterestsLine
from tests.support.flows import START


def test_interests_are_asked_as_a_list() -> None:
    line = InterestsLine(field="contact.interests", op="all_of", value=["Golf", "wine"])
    assert line.holds(["GOLF", "Wine", "tea"], START, ANYONE)
    assert not line.holds(["golf"], START, ANYONE)


def test_nothing_else_holds_interests() -> None:
    with pytest.raises(ValidationError, match=r"contact\.interests"):
        InterestsLine(field="contact.selections", op="one_of", value=["golf"])
