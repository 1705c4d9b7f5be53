"""Hypothesis strategies for the domain's values.

Expected values and facts are drawn from the same small pools, so that they meet often; wild values are mixed
in, since a fact may be anything that a JSON document can hold.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from common.domain.conditions import AnyLine, Asker, Criteria
from common.domain.conditions.change import ChangeLine
from common.domain.conditions.counter import CounterLine
from common.domain.conditions.date import DateLine, DateOp
from common.domain.conditions.interests import InterestsLine
from common.domain.conditions.list import ListLine, ListOp
from common.domain.conditions.multi_list import MultiListLine
from common.domain.conditions.number import NumberLine, NumberOp
from common.domain.conditions.periods import Period, Unit
from common.domain.conditions.status import By, StatusLine
from common.domain.conditions.text import TextLine, TextOp
from common.domain.conditions.user import UserLine, UserOp
from common.domain.conditions.yes_no import YesNoLine
from common.domain.facts import Facts

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Kiritimati",
    "America/Sao_Paulo",
    "Asia/Kolkata",
)

zones = st.sampled_from(ZONES)
askers = st.builds(Asker.of, zones, st.sampled_from(["", "ada", "Åda"]))

_POOL = [
    "DE",
    "de",
    "Dé",
    "Straße",
    "STRASSE",
    "strasse",
    "Åsa",
    "Asa",
    "ﬁn",
    "FIN",
    "Σς",
    "σσ",
    "İ",
    "i",
    "a",
    "ab",
]
pooled_texts = st.sampled_from(_POOL)
texts = (
    pooled_texts
    | st.text(alphabet="aAäÄßsé\u0301\u0345 ", min_size=1, max_size=4)
    | st.text(min_size=1, max_size=6)
)
wordy_texts = pooled_texts | st.text(alphabet="aAäÄßsé", min_size=1, max_size=3)

numbers = (
    st.integers(-3, 3)
    | st.sampled_from([0.0, -0.0, 0.5, 2.0, 1e300, 2**53, 2**53 + 1, float(2**53)])
    | st.floats(allow_nan=False, allow_infinity=False)
)

_DAYS = [date(2024, 3, 30), date(2024, 3, 31), date(2024, 4, 1), date(2024, 10, 27), date(2018, 11, 4)]
_OFFSETS = [
    UTC,
    timezone(timedelta(hours=14)),
    timezone(timedelta(hours=-11)),
    timezone(timedelta(hours=5, minutes=30)),
]
days = st.sampled_from(_DAYS)
moments = st.builds(
    lambda day, hour, second, zone: datetime(day.year, day.month, day.day, hour, 0, second, tzinfo=zone),
    days,
    st.sampled_from([0, 1, 3, 10, 12, 23]),
    st.sampled_from([0, 59]),
    st.sampled_from(_OFFSETS),
)
nows = moments
"""Times at which conditions are asked, near the dates that facts have."""

A_TIME = datetime(2024, 3, 31, 12, tzinfo=UTC)

date_texts = st.one_of(days, moments, moments.map(lambda moment: moment.replace(tzinfo=None))).map(
    lambda moment: moment.isoformat()
)

_ODD = [
    None, True, False, 0, 1, 10**400, float("nan"), float("inf"), "", " ", "\u0301", "1", "true",
    "2024-02-30", "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-11:00",
    "2024-03-31T25:00:00", date(9999, 12, 31), datetime(2024, 3, 31, 12), [], [""], [None, 1], {"a": 1},
    ["DE", 3, None, "ab"],
]  # fmt: skip
values: st.SearchStrategy[Any] = st.one_of(
    texts,
    numbers,
    date_texts,
    days,
    moments,
    st.booleans(),
    st.lists(texts, max_size=4),
    st.sampled_from(_ODD),
)
"""What a fact may hold, fitting a line's type or not."""

_FITTING: dict[str, st.SearchStrategy[Any]] = {
    "contact.country": pooled_texts,
    "contact.interests": st.lists(pooled_texts, max_size=3),
    "contact.custom.owner": st.sampled_from(["ada", "ÅDA", "bob"]),
    "contact.engagement.clicked.count": st.integers(0, 3),
    "contact.engagement.clicked.at": moments,
    "contact.custom.vip": st.booleans(),
    "event.amount": numbers,
    "event.at": date_texts | moments,
    "before.country": pooled_texts,
    "event.changed": st.lists(st.sampled_from(["country", "interests"]), max_size=2),
}
facts: st.SearchStrategy[Facts] = st.fixed_dictionaries(
    {}, optional={field: st.one_of(fitting, fitting, values) for field, fitting in _FITTING.items()}
)
"""Some facts, most of them of the type that lines ask of their field."""


def _mostly(*names: str) -> st.SearchStrategy[str]:
    fitting = st.sampled_from(names)
    return st.one_of(fitting, fitting, fitting, st.sampled_from(sorted(_FITTING)))


text_lines = st.one_of(
    st.builds(
        TextLine,
        field=_mostly("contact.country", "before.country"),
        op=st.sampled_from([op for op in TextOp if op not in (TextOp.EMPTY, TextOp.NOT_EMPTY)]),
        value=wordy_texts,
    ),
    st.builds(
        TextLine,
        field=_mostly("contact.country", "before.country"),
        op=st.sampled_from([TextOp.EMPTY, TextOp.NOT_EMPTY]),
    ),
)
yes_no_lines = st.builds(YesNoLine, field=_mostly("contact.custom.vip"), value=st.booleans())
_comparisons = st.sampled_from([NumberOp.EQ, NumberOp.NE, NumberOp.LT, NumberOp.LE, NumberOp.GT, NumberOp.GE])
_counts = st.integers(0, 3)


def _numeric(
    line: type[NumberLine] | type[CounterLine], field: str, expected: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    fields = _mostly(field)
    pairs = st.lists(expected, min_size=2, max_size=2).map(sorted)
    return st.one_of(
        st.builds(line, field=fields, op=_comparisons, value=expected),
        st.builds(line, field=fields, op=st.just(NumberOp.BETWEEN), value=pairs),
        st.builds(line, field=fields, op=st.sampled_from([NumberOp.EMPTY, NumberOp.NOT_EMPTY])),
    )


number_lines = _numeric(NumberLine, "event.amount", numbers)
counter_lines = _numeric(CounterLine, "contact.engagement.clicked.count", _counts)
periods = st.builds(Period, count=st.integers(1, 5), unit=st.sampled_from(Unit), with_this=st.booleans())
_relative = st.one_of(
    st.sampled_from([(DateOp.TODAY, None), (DateOp.BEFORE_TODAY, None), (DateOp.AFTER_TODAY, None)]),
    st.tuples(st.just(DateOp.THIS), st.builds(Period, unit=st.sampled_from(Unit))),
    st.tuples(st.sampled_from([DateOp.LAST, DateOp.NEXT]), periods),
    st.tuples(st.just(DateOp.WITHIN_LAST), st.integers(1, 400)),
)
date_lines = st.one_of(
    st.builds(
        DateLine,
        field=_mostly("event.at"),
        op=st.sampled_from([DateOp.BEFORE, DateOp.AFTER]),
        value=date_texts,
    ),
    st.builds(DateLine, field=_mostly("event.at"), op=st.just(DateOp.ON), value=days),
    st.builds(
        DateLine,
        field=_mostly("event.at"),
        op=st.just(DateOp.BETWEEN),
        value=st.lists(days | moments.map(datetime.date), min_size=2, max_size=2).map(sorted),
    ),
    st.builds(DateLine, field=_mostly("event.at"), op=st.sampled_from([DateOp.EMPTY, DateOp.NOT_EMPTY])),
    st.builds(
        lambda field, asked: DateLine(field=field, op=asked[0], value=asked[1]),
        _mostly("event.at", "contact.engagement.clicked.at"),
        _relative,
    ),
)
status_lines = st.one_of(
    st.builds(
        StatusLine,
        field=st.just("contact.engagement.clicked"),
        by=st.just(By.NUMBER),
        op=_comparisons,
        value=_counts,
    ),
    st.builds(
        lambda asked: StatusLine(field="contact.engagement.clicked", by=By.DATE, op=asked[0], value=asked[1]),
        _relative,
    ),
)


def _choices(
    line: type[ListLine] | type[MultiListLine] | type[InterestsLine], fields: st.SearchStrategy[str]
) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(
            line,
            field=fields,
            op=st.sampled_from([ListOp.ONE_OF, ListOp.NOT_ONE_OF, ListOp.ALL_OF, ListOp.NONE_OF]),
            value=st.lists(texts, min_size=1, max_size=4),
        ),
        st.builds(line, field=fields, op=st.sampled_from([ListOp.EMPTY, ListOp.NOT_EMPTY])),
    )


list_lines = _choices(ListLine, _mostly("contact.country", "contact.interests"))
multi_list_lines = _choices(MultiListLine, _mostly("contact.interests"))
interests_lines = _choices(InterestsLine, st.just("contact.interests"))
user_lines = st.one_of(
    st.builds(
        UserLine,
        field=_mostly("contact.custom.owner"),
        op=st.sampled_from([UserOp.CURRENT_USER, UserOp.NOT_CURRENT_USER, UserOp.EMPTY, UserOp.NOT_EMPTY]),
    ),
    st.builds(
        UserLine,
        field=_mostly("contact.custom.owner"),
        op=st.sampled_from([UserOp.ONE_OF, UserOp.NOT_ONE_OF, UserOp.ALL_OF, UserOp.NONE_OF]),
        value=st.lists(st.sampled_from(["Ada", "bob", "eve"]), min_size=1, max_size=2),
    ),
)
_sides: st.SearchStrategy[Any] = (
    st.none() | pooled_texts | st.sampled_from(["", True, 1]) | st.lists(pooled_texts, min_size=1, max_size=3)
)
change_lines = st.builds(
    lambda field, before, after: ChangeLine.model_validate(
        {"field": field, "op": "changed", "from": before, "to": after}
    ),
    st.sampled_from(["contact.country", "contact.interests"]),
    _sides,
    _sides,
)
lines: st.SearchStrategy[AnyLine] = st.one_of(
    text_lines,
    yes_no_lines,
    number_lines,
    date_lines,
    list_lines,
    multi_list_lines,
    interests_lines,
    user_lines,
    counter_lines,
    status_lines,
    change_lines,
)
criteria: st.SearchStrategy[Criteria] = st.lists(st.lists(lines, max_size=3).map(tuple), max_size=3).map(
    tuple
)
"""Any conditions, groups without lines among them."""

lines_with_values: st.SearchStrategy[tuple[AnyLine, Any]] = st.one_of(
    st.tuples(text_lines, texts),
    st.tuples(yes_no_lines, st.booleans()),
    st.tuples(number_lines, numbers),
    st.tuples(date_lines, date_texts | days | moments),
    st.tuples(list_lines | multi_list_lines | interests_lines, texts | st.lists(texts, max_size=4)),
    st.tuples(user_lines, st.sampled_from(["ada", "bob"])),
    st.tuples(counter_lines, _counts),
    st.tuples(status_lines, _counts | moments),
    st.tuples(change_lines, st.lists(pooled_texts, min_size=2, max_size=2)),
    st.tuples(lines, values),
)
"""A line with a value to ask it of, most of them of the line's type."""
