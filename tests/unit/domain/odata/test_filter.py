"""What of `$filter` is understood, and what is said where it is not."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.odata import BadQuery, NotOffered
from common.domain.odata.expression import (
    Both,
    Call,
    Compare,
    Either,
    Field,
    Not,
    OneOf,
    Operator,
    Truth,
    Value,
)
from common.domain.odata.filter import read_filter
from common.domain.odata.tokens import MOST_CHARACTERS
from common.domain.report_tables import Column, Kind, Table

FLOW = Column("flow", Kind.TEXT, "A text.")
RUN = Column("run", Kind.WHOLE, "A whole number.")
AMOUNT = Column("amount", Kind.DECIMAL, "A number.", nullable=True)
BOT = Column("bot", Kind.YES_NO, "Yes or no.")
AT = Column("at", Kind.INSTANT, "An instant.")
DAY = Column("day", Kind.DAY, "A day.")
TABLE = Table(
    "report_things", "Things.", (Column("id", Kind.TEXT, "Its id."), FLOW, RUN, AMOUNT, BOT, AT, DAY)
)

RUN_IS_1 = Compare(Operator.EQ, Field(RUN), Value(Kind.WHOLE, 1))
BOT_IS = Truth(Field(BOT))


def contains(text: str) -> Call:
    return Call("contains", (Field(FLOW), Value(Kind.TEXT, text)), Kind.YES_NO)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("run eq 1", RUN_IS_1),
        ("(run eq 1)", RUN_IS_1),
        ("bot", BOT_IS),
        ("not bot", Not(BOT_IS)),
        ("run eq 1 and bot or bot", Either((Both((RUN_IS_1, BOT_IS)), BOT_IS))),
        ("run eq 1 and (bot or bot)", Both((RUN_IS_1, Either((BOT_IS, BOT_IS))))),
        ("not contains(flow,'it''s')", Not(Truth(contains("it's")))),
        ("contains(flow,'a') eq true", Compare(Operator.EQ, contains("a"), Value(Kind.YES_NO, True))),
        ("amount ne null", Compare(Operator.NE, Field(AMOUNT), Value(None, None))),
        ("amount lt -1.5", Compare(Operator.LT, Field(AMOUNT), Value(Kind.DECIMAL, Decimal("-1.5")))),
        ("run in (1,2)", OneOf(Field(RUN), (Value(Kind.WHOLE, 1), Value(Kind.WHOLE, 2)))),
        ("day eq 2024-02-29", Compare(Operator.EQ, Field(DAY), Value(Kind.DAY, date(2024, 2, 29)))),
        (
            "run mul 2 add 1 eq 1",
            Compare(
                Operator.EQ,
                Call(
                    "add",
                    (
                        Call("mul", (Field(RUN), Value(Kind.WHOLE, 2)), Kind.WHOLE),
                        Value(Kind.WHOLE, 1),
                    ),
                    Kind.WHOLE,
                ),
                Value(Kind.WHOLE, 1),
            ),
        ),
    ],
)
def test_a_condition_means_what_the_standard_says(text: str, meant: object) -> None:
    assert read_filter(text, TABLE) == meant


@pytest.mark.parametrize(
    "text",
    [
        "at ge 2024-06-01T10:00:00Z",
        "at ge 2024-06-01T10:00:00.0000000Z",
        "at ge 2024-06-01T12:00:00+02:00",
        "at ge 2024-06-01T10:00Z",
        "at ge 2024-06-01T10:00:00.000z",
    ],
)
def test_instants_are_read_in_every_way_that_clients_write_them(text: str) -> None:
    instant = datetime(2024, 6, 1, 10, tzinfo=UTC)
    assert read_filter(text, TABLE) == Compare(Operator.GE, Field(AT), Value(Kind.INSTANT, instant))


@pytest.mark.parametrize(
    ("text", "at", "told"),
    [
        ("run eq", 7, "not the end"),
        ("run equals 1", 5, "not equals"),
        ("speed gt 3", 1, "no column speed"),
        ("run eq 1 and speed gt 3", 14, "no column speed"),
        ("run eq 'one'", 8, "only texts stand in quotes"),
        ("flow eq 1", 9, "texts stand in single quotes"),
        ("at ge 2024-06-01", 7, "write 2024-12-31T00:00:00Z"),
        ("day ge 2024-06-01T00:00:00Z", 8, "write a day alone"),
        ("day eq 2023-02-29", 8, "2023-02-29"),
        ("flow eq 'x", 9, "does not end"),
        ('flow eq "x"', 9, "means nothing"),
        ("run", 1, "no condition"),
        ("(run eq 1", 10, ") is missing before the end"),
        ("run eq 1)", 9, "not )"),
        ("run in (1,flow)", 11, "plain values"),
        ("bot gt false", 8, "no order"),
        ("flow add 1 eq 2", 1, "are for numbers"),
        ("contains(flow)", 1, "needs 2 arguments"),
        ("contains(run,'1')", 10, "takes text here, not whole"),
        ("tolower(flow,flow) eq 'a'", 14, "takes 1 arguments at most"),
        ("run eq 99999999999999999999", 8, "64 bits"),
        ("run eq 12ab", 8, "neither a number"),
        ("flow eq 'a\0b'", 9, "zero character"),
        ("$where eq 1", 1, "'$' means nothing"),
        ("(run eq 1) eq true", 1, "a value is wanted here"),
    ],
)
def test_an_error_names_its_place_and_what_to_do(text: str, at: int, told: str) -> None:
    with pytest.raises(BadQuery) as error:
        read_filter(text, TABLE)
    assert (error.value.option, error.value.at) == ("$filter", at)
    assert told in str(error.value)


def test_what_is_part_of_the_standard_but_not_offered_is_told_apart() -> None:
    with pytest.raises(NotOffered):
        read_filter("cast(run,Edm.String) eq '1'", TABLE)


@pytest.mark.parametrize("bracket", ["(", "not (", "-(", "tolower("])
def test_depth_is_bounded(bracket: str) -> None:
    with pytest.raises(BadQuery, match="nested more than 40"):
        read_filter(bracket * 500 + "run eq 1", TABLE)


def test_length_is_bounded_but_wide_conditions_fit() -> None:
    wide = " or ".join(f"run eq {number}" for number in range(500))
    found = read_filter(wide, TABLE)
    assert isinstance(found, Either)
    assert len(found.parts) == 500
    with pytest.raises(BadQuery, match="longer than"):
        read_filter("run eq 1".ljust(MOST_CHARACTERS + 1), TABLE)


@given(st.text(alphabet="abrunfltow ()',.$-0123456789TZ:eq\n\t\"", max_size=80))
def test_whatever_is_sent_is_read_or_refused(text: str) -> None:
    try:
        read_filter(text, TABLE)
    except BadQuery as error:
        assert error.at is None or 1 <= error.at <= len(text) + 1


@given(st.text(max_size=50).filter(lambda text: "\0" not in text))
def test_a_text_in_quotes_stays_that_text(text: str) -> None:
    quoted = text.replace("'", "''")
    assert read_filter(f"flow eq '{quoted}'", TABLE) == Compare(
        Operator.EQ, Field(FLOW), Value(Kind.TEXT, text)
    )
