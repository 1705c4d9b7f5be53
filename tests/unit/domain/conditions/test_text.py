import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from common.domain.conditions import ANYONE
from common.domain.conditions.folding import fold
from common.domain.conditions.text import TextLine
from tests.support.flows import START


def ask(op: str, expected: str, value: object) -> bool:
    return TextLine(field="event.x", op=op, value=expected).holds(value, START, ANYONE)


@pytest.mark.parametrize(
    ("op", "expected", "value"),
    [
        ("is", "malmö", "MALMO"),
        ("is", "strasse", "Straße"),
        ("is", "René", "Rene\u0301"),
        ("is", "fin", "ﬁn"),
        ("is", "ΣΑΣ", "σας"),
        ("begins_with", "ÅS", "asa"),
        ("contains", "Ö", "malmo"),
        ("ends_with", "SSE", "Straße"),
        ("is_exactly", "Åsa", "Åsa"),
    ],
)
def test_it_holds(op: str, expected: str, value: str) -> None:
    assert ask(op, expected, value)


@pytest.mark.parametrize(
    ("op", "expected", "value"),
    [
        ("is", "DE", "DEU"),
        ("is", "DE", " DE"),
        ("begins_with", "e", "DE"),
        ("ends_with", "d", "DE"),
        ("contains", "x", "DE"),
        ("is_exactly", "Åsa", "åsa"),
        ("is_exactly", "René", "Rene\u0301"),
        ("not_empty", None, ""),
    ],
)
def test_it_does_not_hold(op: str, expected: str, value: str) -> None:
    assert not ask(op, expected, value)


def test_blanks_are_not_empty() -> None:
    assert ask("not_empty", None, " ")  # type: ignore[arg-type]


def test_letters_that_look_like_marks_stay() -> None:
    assert fold("कि") != fold("की")


@given(st.text(max_size=20))
def test_folding_is_settled_after_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=20))
def test_folding_does_not_see_case_that_unicode_folds(text: str) -> None:
    assert fold(text.casefold()) == fold(text)


@pytest.mark.parametrize(
    ("op", "value", "message"),
    [
        ("is", None, "event.x: `is` needs a text"),
        ("empty", "x", "event.x: `empty` takes no value"),
        ("contains", "\u0301", "more than accents"),
        ("is", False, "put it in quotes"),
        ("is", 123, "put it in quotes"),
        ("is", "", "at least 1 character"),
        ("is", "x" * 2001, "at most 2000 characters"),
        ("equals", "x", "'is', 'is_not'"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(op: str, value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TextLine(field="event.x", op=op, value=value)
