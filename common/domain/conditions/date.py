"""Dates: compared as instants, with days on the calendar of the flow's zone; a date without a time is that
whole day."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from common.domain.conditions import periods
from common.domain.conditions.asker import Asker
from common.domain.conditions.clause import NEVER, Clause, Column, Compared, Either, Every, Kind, Than
from common.domain.conditions.line import Line, Test, complement, lines
from common.domain.conditions.moments import (
    EARLIEST,
    LATEST,
    MICROSECOND,
    Span,
    days_within,
    microseconds,
    span,
)
from common.domain.conditions.periods import Period, Window

MOST_DAYS = 36_600


def as_written(value: Any) -> Any:
    """YAML reads dates by itself; they are kept as text, which every store takes."""
    if isinstance(value, list | tuple) and len(value) == 2:
        return [as_written(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if value is None or (isinstance(value, str | int | Mapping | Period) and not isinstance(value, bool)):
        return value
    raise ValueError("needs a date, such as 2024-12-31, or two of them: [first, last]")


DateText = Annotated[str, Field(strict=True, max_length=40)]
DateRange = Annotated[list[DateText], Field(min_length=2, max_length=2)]
Whole = Annotated[int, Field(strict=True)]
Dates = Annotated[DateText | DateRange | Period | Whole | None, BeforeValidator(as_written)]


class DateOp(StrEnum):
    BEFORE = "before"
    AFTER = "after"
    ON = "on"
    BETWEEN = "between"
    TODAY = "today"
    BEFORE_TODAY = "before_today"
    AFTER_TODAY = "after_today"
    THIS = "this"
    LAST = "last"
    NEXT = "next"
    WITHIN_LAST = "within_last"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"


@lines.register
class DateLine(Line):
    """`before` a day ends with the day before, `after` it begins with the next; `on` takes a day;
    `between` takes [first, last], both included. A fact without a time is its day's beginning.

    `this`, `last` and `next` take a period, such as {count: 3, unit: week, with_this: true}; `last` and `next`
    are whole periods, without the current one unless joined with it. `within_last` takes a number of days, and
    reaches from the beginning of the day so many days ago until now.
    """

    type: Literal["date"] = "date"
    op: DateOp
    value: Dates = None

    negative: ClassVar[frozenset[str]] = frozenset({DateOp.EMPTY})

    @property
    def expected(self) -> Any:
        return str(self.value) if isinstance(self.value, Period) else self.value

    def problem(self) -> str | None:
        match self.op:
            case DateOp.BEFORE | DateOp.AFTER | DateOp.ON:
                return self._problem_of_date()
            case DateOp.BETWEEN:
                return self._problem_of_range()
            case DateOp.THIS | DateOp.LAST | DateOp.NEXT:
                return self._problem_of_period()
            case DateOp.WITHIN_LAST:
                few = isinstance(self.value, int) and 1 <= self.value <= MOST_DAYS
                return None if few else f"needs a number of days, from 1 to {MOST_DAYS}"
            case _:
                return None if self.value is None else "takes no value"

    def _problem_of_date(self) -> str | None:
        if not isinstance(self.value, str) or span(self.value, UTC) is None:
            return "needs a date, such as 2024-12-31 or 2024-12-31T18:00:00+01:00"
        if self.op is DateOp.ON and len(self.value) > 10:
            return "needs a day without a time, such as 2024-12-31"
        return None

    def _problem_of_range(self) -> str | None:
        if not isinstance(self.value, list):
            return "needs two dates, [first, last]"
        first, last = (span(value, UTC) for value in self.value)
        if first is None or last is None:
            return "needs two dates, such as [2024-01-01, 2024-12-31]"
        return None if first.first <= last.last else "needs its earlier date first"

    def _problem_of_period(self) -> str | None:
        if not isinstance(self.value, Period):
            return "needs a period, such as {count: 3, unit: month}"
        if self.op is DateOp.THIS and (self.value.count != 1 or self.value.with_this):
            return "takes a unit alone, such as {unit: month}"
        return None

    def read(self, value: Any, asker: Asker) -> datetime | None:
        covered = span(value, asker.zone)
        return covered.first if covered else None

    def meets(self, known: datetime, now: datetime, asker: Asker) -> bool:
        window = self._window(now, asker.zone)
        return window is not None and window.first <= known <= window.last

    def test(self, asker: Asker) -> Test:
        zone = asker.zone
        if self.op in _MOVING:
            positive: Test = lambda value, now: _within(value, self._window(now, zone), zone)  # noqa: E731
        else:
            window = self._window(EARLIEST, zone)
            positive = lambda value, now: _within(value, window, zone)  # noqa: E731
        return complement(positive) if self.op in self.negative else positive

    def positive(self, asker: Asker, now: datetime | None) -> Clause:
        if now is None and self.op in _MOVING:
            return _clause(_ANY_TIME, self.field, asker.zone)
        window = self._window(now or EARLIEST, asker.zone)
        return _clause(window, self.field, asker.zone) if window else NEVER

    def _window(self, now: datetime, zone: tzinfo) -> Window | None:
        """The earliest and the latest instant that meets the operator; `None` where there is none."""
        match self.op:
            case DateOp.EMPTY | DateOp.NOT_EMPTY:
                return _ANY_TIME
            case DateOp.BEFORE | DateOp.AFTER | DateOp.ON | DateOp.BETWEEN:
                return self._between_dates(zone)
            case DateOp.WITHIN_LAST:
                assert isinstance(self.value, int)
                first = periods.days_before(periods.today(now, zone), self.value)
                return Window(periods.start(first, zone), now)
            case _:
                return self._between_days(periods.today(now, zone), zone)

    def _between_dates(self, zone: tzinfo) -> Window | None:
        values = self.value if isinstance(self.value, list) else [self.value]
        spans: list[Span] = [covered for value in values if (covered := span(value, zone))]
        if len(spans) < len(values):
            return None
        match self.op:
            case DateOp.BEFORE:
                return Window(EARLIEST, spans[0].first - MICROSECOND)
            case DateOp.AFTER:
                return Window(spans[0].last + MICROSECOND, LATEST)
            case _:
                return Window(spans[0].first, spans[-1].last)

    def _between_days(self, today: date, zone: tzinfo) -> Window:
        tomorrow = periods.days_before(today, -1)
        period = self.value if isinstance(self.value, Period) else Period(unit=periods.Unit.DAY)
        match self.op:
            case DateOp.BEFORE_TODAY:
                return Window(EARLIEST, periods.start(today, zone) - MICROSECOND)
            case DateOp.AFTER_TODAY:
                return Window(periods.start(tomorrow, zone), LATEST)
            case DateOp.LAST:
                days = periods.last(period, today)
            case DateOp.NEXT:
                days = periods.following(period, today)
            case _:
                days = periods.this(period.unit, today)
        return periods.window(days, zone)


_MOVING = frozenset(
    {
        DateOp.TODAY,
        DateOp.BEFORE_TODAY,
        DateOp.AFTER_TODAY,
        DateOp.THIS,
        DateOp.LAST,
        DateOp.NEXT,
        DateOp.WITHIN_LAST,
    }
)
"""The operators whose meaning moves with the time."""

_ANY_TIME = Window(EARLIEST, LATEST)


def _within(value: Any, window: Window | None, zone: tzinfo) -> bool:
    covered = span(value, zone)
    return covered is not None and window is not None and window.first <= covered.first <= window.last


def _clause(window: Window, field: str, zone: tzinfo) -> Clause:
    first, last = microseconds(window.first), microseconds(window.last)
    days = days_within(window.first, window.last, zone)
    return Either(
        (_between(Column(field, Kind.INSTANT), first, last), _between(Column(field, Kind.DAY), *days))
    )


def _between(column: Column, low: int, high: int) -> Clause:
    return Every((Compared(column, Than.AT_LEAST, low), Compared(column, Than.AT_MOST, high)))
