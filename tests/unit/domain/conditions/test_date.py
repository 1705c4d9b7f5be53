from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from common.domain.conditions import Asker
from common.domain.conditions.date import DateLine
from tests.support import strategies
from tests.support.flows import START

BERLIN = ZoneInfo("Europe/Berlin")


def ask(op: str, expected: object, value: object, zone: str = "UTC", now: datetime = START) -> bool:
    return DateLine(field="event.x", op=op, value=expected).holds(value, now, Asker.of(zone))


@given(strategies.days, strategies.moments, strategies.zones)
def test_a_day_is_what_a_calendar_in_the_zone_shows(day: date, moment: datetime, zone: str) -> None:
    local = moment.astimezone(ZoneInfo(zone)).date()
    assert ask("on", day, moment, zone) is (local == day)
    assert ask("before", day, moment, zone) is (local < day)
    assert ask("after", day, moment, zone) is (local > day)


@given(st.lists(strategies.days, min_size=2, max_size=2).map(sorted), strategies.moments, strategies.zones)
def test_between_includes_both_days(days: list[date], moment: datetime, zone: str) -> None:
    local = moment.astimezone(ZoneInfo(zone)).date()
    assert ask("between", days, moment, zone) is (days[0] <= local <= days[1])


@given(strategies.moments, strategies.moments)
def test_instants_compare_across_offsets(expected: datetime, value: datetime) -> None:
    for given_as in (value, value.isoformat()):
        assert ask("before", expected.isoformat(), given_as) is (value < expected)
        assert ask("after", expected.isoformat(), given_as) is (value > expected)


@given(strategies.days, strategies.days, strategies.zones)
def test_a_fact_without_a_time_is_that_day_in_any_zone(day: date, value: date, zone: str) -> None:
    for given_as in (value, value.isoformat()):
        assert ask("on", day, given_as, zone) is (value == day)
        assert ask("before", day, given_as, zone) is (value < day)
        assert ask("after", day, given_as, zone) is (value > day)


def test_a_time_without_a_zone_is_utc() -> None:
    assert ask("on", "2024-07-01", "2024-07-01T23:30:00", "UTC")
    assert ask("on", "2024-07-02", "2024-07-01T23:30:00", "Europe/Berlin")
    assert ask("on", "2024-07-01", datetime(2024, 7, 1, 23, 30), "UTC")


def test_days_of_23_and_25_hours_end_at_midnight() -> None:
    spring, autumn = "2024-03-31", "2024-10-27"
    for day, hours in ((spring, 23), (autumn, 25)):
        start = datetime.fromisoformat(day).replace(tzinfo=BERLIN).astimezone(UTC)
        assert ask("on", day, start, "Europe/Berlin")
        assert ask("on", day, start + timedelta(hours=hours, seconds=-1), "Europe/Berlin")
        assert not ask("on", day, start + timedelta(hours=hours), "Europe/Berlin")


@pytest.mark.parametrize(
    "value",
    [
        "2018-04-24T08:13:02.8352175Z",
        "2025-05-14T15:56:39.5450964+02:00",
        "2020-02-13T00:00:00",
        "2020-02-13 10:00",
        "2020-02-13T10:00:00,5+0530",
        datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=2))),
        date(2020, 1, 1),
    ],
)
def test_dates_are_read_as_systems_write_them(value: object) -> None:
    assert ask("after", "2000-01-01", value)


@pytest.mark.parametrize(
    "value",
    [
        "2024-02-30",
        "20240101",
        "2024-W01-1",
        "2024-01-01x10:00",
        "٢٠٢٤-٠١-٠١",
        "9999-12-31",
        "0001-01-01T00:00:00+14:00",
        "2024-01-01T24:01:00",
        "1" * 100_000,
        20240101,
        True,
    ],
)
def test_anything_else_is_empty(value: object) -> None:
    assert ask("empty", None, value)
    assert not ask("not_empty", None, value)


@pytest.mark.parametrize(
    ("op", "value", "message"),
    [
        ("before", None, "event.x: `before` needs a date"),
        ("before", "soon", "needs a date, such as"),
        ("before", "9999-12-31", "needs a date"),
        ("on", "2024-01-01T10:00:00Z", "needs a day without a time"),
        ("between", "2024-01-01", "needs two dates"),
        ("between", ["2024-01-01", "later"], "needs two dates"),
        ("between", ["2024-01-01"], "needs a date, such as 2024-12-31, or two of them"),
        ("after", 20240101, "needs a date, such as 2024-12-31"),
        ("after", True, "needs a date, such as 2024-12-31, or two of them"),
        ("between", ["2024-01-02", "2024-01-01"], "earlier date first"),
        ("empty", "2024-01-01", "takes no value"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(op: str, value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DateLine(field="event.x", op=op, value=value)


def test_dates_as_yaml_reads_them_are_kept_as_text() -> None:
    assert DateLine(field="event.x", op="on", value=date(2024, 1, 1)).value == "2024-01-01"
