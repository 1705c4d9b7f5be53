import pytest
from pydantic import ValidationError

from common.domain.patterns.manual import Manual
from tests.support.flows import START


def test_it_matches_no_event() -> None:
    assert Manual().event_type == "headrace.enrolment.suggested"
    assert not Manual().hears
    assert not Manual().match({}, START).holds


def test_it_takes_no_conditions() -> None:
    line = {"field": "contact.country", "type": "text", "op": "is", "value": "DE"}
    with pytest.raises(ValidationError):
        Manual(conditions=[line])
