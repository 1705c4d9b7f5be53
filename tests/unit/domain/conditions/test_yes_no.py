import pytest
from pydantic import ValidationError

from common.domain.conditions import ANYONE
from common.domain.conditions.yes_no import YesNoLine
from tests.support.flows import START


@pytest.mark.parametrize("expected", [True, False])
def test_it_is_what_it_is(expected: bool) -> None:
    line = YesNoLine(field="contact.retired", value=expected)
    assert line.holds(expected, START, ANYONE)
    assert not line.holds(not expected, START, ANYONE)


@pytest.mark.parametrize("value", [1, 0, "true", None])
def test_only_yes_and_no_can_be_asked_for(value: object) -> None:
    with pytest.raises(ValidationError):
        YesNoLine(field="contact.retired", value=value)
