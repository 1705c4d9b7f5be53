"""Where on a flow's clock something counts."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.rollups import WINDOWS, exact, moment, window_of

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Chatham"]
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(instants, st.sampled_from(ZONES))
def test_an_hour_begins_on_the_full_hour_of_the_flows_clock_on_the_day_that_it_is_there(
    at: datetime, name: str
):
    zone = ZoneInfo(name)
    found = moment(at, zone)
    assert timedelta() <= at - found.hour < timedelta(hours=1)
    assert (found.hour.astimezone(zone).minute, found.hour.astimezone(zone).second) == (0, 0)
    assert found.day == at.astimezone(zone).date() == found.hour.astimezone(zone).date()


@pytest.mark.parametrize(
    ("zone", "day", "hour"),
    [
        ("UTC", date(2026, 3, 1), "18:00"),
        ("Asia/Kolkata", date(2026, 3, 2), "18:30"),
        ("Asia/Kathmandu", date(2026, 3, 2), "18:15"),
    ],
)
def test_midnight_in_zones_of_half_and_quarter_hours(zone: str, day: date, hour: str):
    found = moment(datetime(2026, 3, 1, 18, 45, tzinfo=UTC), ZoneInfo(zone))
    assert (found.day, f"{found.hour:%H:%M}") == (day, hour)


@given(st.integers(0, 365 * 24))
def test_the_window_is_the_shortest_that_holds_it(hours: int):
    after = timedelta(hours=hours)
    found = window_of(after)
    shorter = [days for days in WINDOWS if days < found]
    assert after <= timedelta(days=found)
    assert all(after > timedelta(days=days) for days in shorter)


def test_amounts_are_as_they_were_written():
    assert exact(0.1) + exact(0.2) == Decimal("0.3")
