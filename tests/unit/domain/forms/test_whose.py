"""Whose a submission is."""

import pytest

from common.domain.forms.form import Processing
from common.domain.forms.whose import Ask, Known, New, Whose, whose

AUTOMATIC, UNKNOWN, MANUAL = Processing.AUTOMATIC, Processing.MANUAL_WHEN_UNKNOWN, Processing.MANUAL


@pytest.mark.parametrize(
    ("processing", "opener", "matches", "answer"),
    [
        (AUTOMATIC, None, [], New()),
        (AUTOMATIC, None, ["a"], Known("a")),
        (AUTOMATIC, None, ["a", "b"], Ask("a")),
        (AUTOMATIC, "b", ["a", "b"], Known("b")),
        (UNKNOWN, None, [], Ask(None)),
        (UNKNOWN, None, ["a"], Known("a")),
        (UNKNOWN, None, ["a", "b"], Ask("a")),
        (UNKNOWN, "c", [], Known("c")),
        (MANUAL, None, [], Ask(None)),
        (MANUAL, None, ["a"], Ask("a")),
        (MANUAL, "c", [], Ask("c")),
    ],
)
def test_it_is_decided_by_the_way_of_processing(
    processing: Processing, opener: str | None, matches: list[str], answer: Whose
):
    assert whose(processing, opener, matches, has_address=True) == answer


def test_of_nothing_nobody_is_made():
    assert whose(AUTOMATIC, None, [], has_address=False) == Ask(None)
