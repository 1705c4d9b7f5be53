from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.domain.calendar import (
    DAY,
    LATEST,
    SECOND,
    days_later,
    is_working_day,
    local_day,
    moment,
    next_moment,
    working_days_later,
)
from tests.support.strategies import zones

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
"""When clocks in Berlin go from 2:00 to 3:00, and from 3:00 to 2:00."""

days = st.one_of(
    st.dates(date(1980, 1, 1), date(2100, 12, 31)),
    st.sampled_from([SPRING, AUTUMN, date(2024, 2, 29), date(2017, 10, 15), date(2018, 2, 17)]),
)
minutes = st.builds(time, st.integers(0, 23), st.integers(0, 59))
instants = st.builds(
    lambda day, at, second: datetime.combine(day, at, UTC) + SECOND * second,
    days,
    minutes,
    st.integers(0, 59),
)
places = zones.map(ZoneInfo) | st.just(ZoneInfo("Pacific/Apia"))


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        (date(2026, 7, 1), time(9), datetime(2026, 7, 1, 7, tzinfo=UTC)),
        (SPRING, time(2, 30), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (SPRING, time(3), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (AUTUMN, time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (AUTUMN, time(3), datetime(2026, 10, 25, 2, tzinfo=UTC)),
    ],
)
def test_a_time_in_a_gap_is_its_end_and_of_two_the_first_counts(day, at, expected):
    assert moment(day, at, BERLIN) == expected


def test_a_day_that_a_zone_left_out_is_the_beginning_of_the_next():
    apia = ZoneInfo("Pacific/Apia")

    assert moment(date(2011, 12, 30), time(10), apia) == moment(date(2011, 12, 31), time(0), apia)


@given(days, minutes, places)
def test_it_is_that_time_then_or_that_time_is_left_out(day, at, zone):
    found = moment(day, at, zone)
    wall = found.astimezone(zone).replace(tzinfo=None)
    before = (found - SECOND).astimezone(zone).replace(tzinfo=None)

    wanted = datetime.combine(day, at)
    assert wall == wanted or before < wanted < wall


@given(days, minutes, minutes, places)
def test_what_is_later_on_the_wall_never_comes_earlier(day, one, other, zone):
    early, late = sorted((one, other))

    assert moment(day, early, zone) <= moment(day, late, zone) <= moment(day + DAY, time(0), zone)


@given(instants, minutes, places, st.integers(0, 6))
def test_the_next_such_moment_is_the_first_that_has_not_passed(now, at, zone, wanted):
    def fits(day: date) -> bool:
        return day.weekday() == wanted

    found = next_moment(now, at, zone, fits)
    today = local_day(now, zone)

    assert now <= found <= now + 9 * DAY
    missed = [today + DAY * ahead for ahead in range(-1, 9) if fits(today + DAY * ahead)]
    assert found == min(m for m in (moment(day, at, zone) for day in missed) if m >= now)


@given(instants, st.integers(1, 400), places)
@example(datetime(2026, 3, 27, 1, 30, tzinfo=UTC), 1, BERLIN)
def test_so_many_working_days_later_so_many_have_begun(start, count, zone):
    end = working_days_later(start, count, zone)

    first, last = local_day(start, zone), local_day(end, zone)
    between = [first + DAY * ahead for ahead in range(1, (last - first).days + 1)]
    assert sum(map(is_working_day, between)) == count
    assert is_working_day(last)
    assert end > start


def test_a_friday_evening_is_followed_by_a_monday_evening():
    friday = datetime(2026, 3, 27, 18, tzinfo=BERLIN)

    assert working_days_later(friday, 1, BERLIN).astimezone(BERLIN) == datetime(
        2026, 3, 30, 18, tzinfo=BERLIN
    )


@given(st.dates(), st.integers(-5000, 5000))
def test_days_are_cut_off_at_the_ends_of_the_calendar(day, count):
    found = days_later(day, count)

    assert (found - day).days == count or found in (date.min, LATEST.date())


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_nothing_comes_behind_the_end_of_the_calendar(zone):
    late = datetime(9999, 12, 30, 23, tzinfo=UTC)

    assert moment(date.max, time(23), ZoneInfo(zone)) <= LATEST
    assert next_moment(late + timedelta(minutes=30), time(22), ZoneInfo(zone)) <= LATEST
