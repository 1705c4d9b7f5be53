from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.calendar import Weekday
from common.domain.sending_window import SendingWindow
from tests.support.strategies import zones

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = SendingWindow(weekdays=list(Weekday)[:5], opens="09:00", closes="17:00")
NIGHT = SendingWindow(weekdays=["friday"], opens="22:00", closes="06:00")

times = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.integers(0, 59))
windows = st.builds(
    SendingWindow,
    weekdays=st.lists(st.sampled_from(Weekday), min_size=1, unique=True),
    opens=times,
    closes=times,
)
instants = st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 10)).map(
    lambda found: found.replace(microsecond=0, tzinfo=UTC)
)


def in_berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """In March 2026, whose second is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("window", "now", "expected"),
    [
        (OFFICE, in_berlin(2, 9), in_berlin(2, 9)),
        (OFFICE, in_berlin(2, 8), in_berlin(2, 9)),
        (OFFICE, in_berlin(2, 17), in_berlin(3, 9)),
        (OFFICE, in_berlin(6, 18), in_berlin(9, 9)),
        (NIGHT, in_berlin(7, 5, 59), in_berlin(7, 5, 59)),
        (NIGHT, in_berlin(7, 6), in_berlin(13, 22)),
        (NIGHT, in_berlin(6, 21), in_berlin(6, 22)),
        (SendingWindow(weekdays=["sunday"], opens="02:15", closes="02:45"), in_berlin(28, 12),
         datetime(2026, 4, 5, 2, 15, tzinfo=BERLIN)),
        (SendingWindow(), in_berlin(8, 3), in_berlin(8, 3)),
    ],
)  # fmt: skip
def test_the_next_time_at_which_it_is_open(window, now, expected):
    assert window.next_open(now, BERLIN) == expected


@given(windows, instants, zones.map(ZoneInfo))
def test_what_it_answers_is_open_and_nothing_before_it_is(window, now, zone):
    found = window.next_open(now, zone)

    assert found >= now
    assert window.next_open(found, zone) == found
    if found > now:
        halfway = now + (found - now) / 2
        assert window.next_open(halfway, zone) == found


@given(windows, instants)
def test_it_is_open_by_the_clock_on_the_wall(window, now):
    local = now.astimezone(UTC)
    opens, closes = time.fromisoformat(window.opens), time.fromisoformat(window.closes)
    today, yesterday = ([*Weekday][(local - timedelta(days=back)).weekday()] for back in (0, 1))
    if opens < closes:
        open_now = today in window.weekdays and opens <= local.time() < closes
    else:
        open_now = (today in window.weekdays and local.time() >= opens) or (
            yesterday in window.weekdays and local.time() < closes
        )

    assert (window.next_open(now, UTC) == now) is open_now


def test_it_never_opens_on_no_day():
    assert SendingWindow(weekdays=[]).next_open(in_berlin(2, 9), BERLIN).year == 9999
