"""Dates: compared as instants; a date without a time is that whole day."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, assert_never

from pydantic import BeforeValidator, Field

from common.domain.conditions.line import Line, Test, complement, lines


class Span(NamedTuple):
    """From `first` to `last`, both included, in UTC: a whole day, or twice the same instant."""

    first: datetime
    last: datetime


_ISO = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)?)?",
    re.ASCII,
)
_MICROSECOND = timedelta(microseconds=1)


def parse(text: str) -> date | datetime | None:
    """An ISO 8601 date, with or without time; `None` for anything else."""
    if len(text) > 40 or not _ISO.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def span(value: Any, zone: tzinfo) -> Span | None:
    """What a date covers: a day of the zone, or an instant (UTC unless it says otherwise).

    `None` for what is no date, and for the outermost days of the calendar, which have no neighbours.
    """
    moment = parse(value) if isinstance(value, str) else value
    try:
        if isinstance(moment, datetime):
            instant = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
            return Span(instant, instant)
        if isinstance(moment, date):
            return Span(_midnight(moment, zone), _midnight(moment + timedelta(days=1), zone) - _MICROSECOND)
    except OverflowError:
        return None
    return None


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _as_text(value: Any) -> Any:
    """YAML reads dates by itself; they are kept as text, which every store takes."""
    if isinstance(value, list | tuple) and len(value) == 2:
        return [_as_text(item) for item in value]
    if value is None or isinstance(value, date | str):
        return value.isoformat() if isinstance(value, date) else value
    raise ValueError("needs a date, such as 2024-12-31, or two of them: [first, last]")


DateText = Annotated[str, Field(max_length=40)]
DateRange = Annotated[list[DateText], Field(min_length=2, max_length=2)]
Dates = Annotated[DateText | DateRange | None, BeforeValidator(_as_text)]


class DateOp(StrEnum):
    BEFORE = "before"
    AFTER = "after"
    ON = "on"
    BETWEEN = "between"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"


@lines.register
class DateLine(Line):
    """`before` a day ends with the day before, `after` it begins with the next; `on` takes a day;
    `between` takes [first, last], both included. A fact without a time is its day's beginning."""

    type: Literal["date"] = "date"
    op: DateOp
    value: Dates = None

    negative: ClassVar[frozenset[str]] = frozenset({DateOp.EMPTY})

    def problem(self) -> str | None:
        match self.op:
            case DateOp.EMPTY | DateOp.NOT_EMPTY:
                return None if self.value is None else "takes no value"
            case DateOp.BETWEEN:
                return self._problem_of_range()
            case DateOp.ON if isinstance(self.value, str) and len(self.value) > 10:
                return "needs a day without a time, such as 2024-12-31"
            case _:
                good = isinstance(self.value, str) and span(self.value, UTC)
                return None if good else "needs a date, such as 2024-12-31 or 2024-12-31T18:00:00+01:00"

    def _problem_of_range(self) -> str | None:
        if not isinstance(self.value, list):
            return "needs two dates, [first, last]"
        first, last = (span(value, UTC) for value in self.value)
        if first is None or last is None:
            return "needs two dates, such as [2024-01-01, 2024-12-31]"
        return None if first.first <= last.last else "needs its earlier date first"

    def read(self, value: Any, zone: tzinfo) -> datetime | None:
        covered = span(value, zone)
        return covered.first if covered else None

    def meets(self, known: datetime, zone: tzinfo) -> bool:
        match self.op:
            case DateOp.BEFORE:
                return known < self._spans(zone)[0].first
            case DateOp.AFTER:
                return known > self._spans(zone)[0].last
            case DateOp.ON | DateOp.BETWEEN:
                return self._spans(zone)[0].first <= known <= self._spans(zone)[-1].last
            case DateOp.EMPTY | DateOp.NOT_EMPTY:
                return True
            case _:
                assert_never(self.op)

    def _spans(self, zone: tzinfo) -> list[Span]:
        values = self.value if isinstance(self.value, list) else [self.value]
        return [covered for value in values if (covered := span(value, zone))]

    def test(self, zone: tzinfo) -> Test:
        if self.value is None:
            positive: Test = lambda value: span(value, zone) is not None  # noqa: E731
        else:
            positive = _within(*self._window(zone), zone)
        return complement(positive) if self.op in self.negative else positive

    def _window(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """The earliest and the latest instant that meets the operator."""
        spans = self._spans(zone)
        match self.op:
            case DateOp.BEFORE:
                return datetime.min.replace(tzinfo=UTC), spans[0].first - _MICROSECOND
            case DateOp.AFTER:
                return spans[0].last + _MICROSECOND, datetime.max.replace(tzinfo=UTC)
            case _:
                return spans[0].first, spans[-1].last


def _within(first: datetime, last: datetime, zone: tzinfo) -> Test:
    def test(value: Any) -> bool:
        covered = span(value, zone)
        return covered is not None and first <= covered.first <= last

    return test
