"""The options around `$filter`, and the tokens by which clients come back."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.odata import BadQuery, NotOffered, Order, read_query
from common.domain.odata.skip_token import SkipToken, read_token, write_token
from common.domain.report_tables import TABLES, Kind

TABLE = TABLES["report_revenue"]
KINDS = (Kind.TEXT, Kind.WHOLE, Kind.DECIMAL, Kind.YES_NO, Kind.INSTANT, Kind.DAY)


def names(**options: str) -> list[str]:
    query = read_query(TABLE, [(f"${name}", value) for name, value in options.items()])
    return [column.name for column in query.columns]


def column(name: str) -> Any:
    found = TABLE.column(name)
    assert found is not None
    return found


def test_columns_come_in_the_tables_order() -> None:
    assert names(select="flow, id") == ["id", "flow"]
    assert names() == names(select="*") == names(select="*,flow") == [each.name for each in TABLE.columns]


def test_an_order_ends_in_the_key() -> None:
    def order(text: str) -> tuple[Order, ...]:
        return read_query(TABLE, [("$orderby", text)]).order

    assert order("") == (Order(column("at")), Order(column("id")))
    assert order("id") == (Order(column("id")),)
    assert order("amount desc, at") == (
        Order(column("amount"), descending=True),
        Order(column("at")),
        Order(column("id")),
    )
    assert order("at desc") == (Order(column("at"), descending=True), Order(column("id"), descending=True))
    assert order("id desc") == (Order(column("id"), descending=True),)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("$select", "speed", "no column 'speed'"),
        ("$orderby", "at upwards", "asc or desc"),
        ("$orderby", "id,flow,run,version,contact,at", "5 columns at most"),
        ("$top", "-1", "whole number"),
        ("$top", "ten", "whole number"),
        ("$skip", "1000001", "from 0 to 1000000"),
        ("$count", "yes", "true or false"),
        ("$skiptoken", "nonsense", "leave it out"),
        ("$skiptoken", "WzFd", "leave it out"),
    ],
)
def test_an_option_that_is_wrong_is_named(name: str, value: str, told: str) -> None:
    with pytest.raises(BadQuery, match=told) as error:
        read_query(TABLE, [(name, value)])
    assert error.value.option == name


def test_options_of_others_are_left_alone_and_unknown_ones_of_ours_are_not() -> None:
    assert read_query(TABLE, [("utm", "x"), ("$top", "3")]).top == 3
    with pytest.raises(NotOffered, match=r"\$apply"):
        read_query(TABLE, [("$apply", "aggregate(amount with sum as total)")])
    with pytest.raises(BadQuery, match="given twice"):
        read_query(TABLE, [("$top", "3"), ("$top", "4")])


instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)
)
cells = st.tuples(
    st.none() | st.text(max_size=30),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.decimals(-(10**29), 10**29, places=4) | st.just(Decimal("1E+40")),
    st.none() | st.booleans(),
    st.none() | instants,
    st.none() | st.dates(),
)
counts = st.none() | st.integers(0, 10**12)


@given(cells, counts, counts)
def test_a_token_comes_back_as_it_was(after: Any, left: int | None, total: int | None) -> None:
    token = SkipToken(after, (1_700_000_000, 7), left, total)
    asked = ("report_revenue", "run eq 1", "at")
    assert read_token(write_token(token, asked, KINDS), asked, KINDS) == token


def test_a_token_is_good_for_its_own_question_only() -> None:
    token = write_token(SkipToken(("x",), (1, 1)), ("report_exits", "", ""), [Kind.TEXT])
    with pytest.raises(BadQuery, match="another table"):
        read_token(token, ("report_exits", "run eq 1", ""), [Kind.TEXT])


@pytest.mark.parametrize("made", [SkipToken(("x",), (1, 1), -1), SkipToken(("x",), (1, 1), 5, -1)])
def test_a_token_that_leaves_less_than_nothing_is_refused(made: SkipToken) -> None:
    token = write_token(made, ("t", "", ""), [Kind.TEXT])
    with pytest.raises(BadQuery, match="begin again"):
        read_token(token, ("t", "", ""), [Kind.TEXT])


@given(st.text(alphabet="ABCabc123_-=", max_size=60))
def test_a_token_of_nobodys_is_refused(text: str) -> None:
    with pytest.raises(BadQuery):
        read_token(text, ("report_exits", "", ""), [Kind.TEXT])


@pytest.mark.parametrize(
    "made",
    [
        SkipToken((2**63,), (1, 1)),
        SkipToken((-(2**63) - 1,), (1, 1)),
        SkipToken((1,), (2**64, 1)),
        SkipToken((1,), (1, 1), 2**63),
        SkipToken((1,), (1, 1), 5, 10**30),
    ],
)
def test_a_token_with_numbers_that_no_row_could_hold_is_refused_with_the_reason(made: SkipToken) -> None:
    asked, kinds = ("t", "", ""), [Kind.WHOLE]
    with pytest.raises(BadQuery, match="64 bits"):
        read_token(write_token(made, asked, kinds), asked, kinds)


@pytest.mark.parametrize("text", ["1" * 35, "1e7000", "NaN", "Infinity"])
def test_a_token_with_a_decimal_number_that_no_row_could_hold_is_refused(text: str) -> None:
    asked, kinds = ("t", "", ""), [Kind.DECIMAL]
    token = write_token(SkipToken((Decimal(text),), (1, 1)), asked, kinds)
    with pytest.raises(BadQuery):
        read_token(token, asked, kinds)


def test_values_of_a_token_are_of_their_columns_kinds() -> None:
    token = write_token(SkipToken((date(2024, 1, 1),), (1, 1)), ("t", "", ""), [Kind.DAY])
    for kind in (Kind.WHOLE, Kind.YES_NO, Kind.DECIMAL):
        with pytest.raises(BadQuery):
            read_token(token, ("t", "", ""), [kind])
    assert read_token(token, ("t", "", ""), [Kind.DAY]).after == (date(2024, 1, 1),)
