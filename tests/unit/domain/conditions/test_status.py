from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from common.domain.conditions import ANYONE
from common.domain.conditions.status import StatusLine
from tests.support.flows import START

FIELD = "contact.engagement.clicked"


def ask(by: str, op: str, value: Any, **facts: Any) -> bool:
    line = StatusLine(field=FIELD, by=by, op=op, value=value)
    return line.holds(line.look({f"{FIELD}.{name}": fact for name, fact in facts.items()}), START, ANYONE)


def test_a_status_is_asked_how_often_or_when_last() -> None:
    facts = {"count": 2, "at": START - timedelta(days=3)}
    assert ask("number", "ge", 2, **facts)
    assert not ask("number", "gt", 2, **facts)
    assert ask("date", "within_last", 3, **facts)
    assert not ask("date", "within_last", 2, **facts)
    assert ask("date", "last", {"count": 1, "unit": "week"}, **facts)


def test_it_looks_at_one_fact_alone() -> None:
    assert StatusLine(field=FIELD, by="date", op="today").facts == (f"{FIELD}.at",)
    assert StatusLine(field=FIELD, by="number", op="empty").facts == (f"{FIELD}.count",)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"field": FIELD, "by": "number", "op": "today"}, "by number"),
        ({"field": FIELD, "by": "date", "op": "ge", "value": 3}, "by date"),
        ({"field": FIELD, "by": "date", "op": "within_last", "value": "soon"}, "number of days"),
        ({"field": "contact.country", "by": "number", "op": "ge", "value": 1}, "single value"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        StatusLine.model_validate(given)
