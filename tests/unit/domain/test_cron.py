from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from common.domain.calendar import LATEST
from common.domain.cron import cron
from tests.support.strategies import zones

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday noon."""

RANGES = ((0, 59), (0, 23), (1, 28), (1, 12), (0, 6))


def fields(first: int, last: int) -> st.SearchStrategy[str]:
    """One field, in each of the shapes that there are."""
    numbers = st.integers(first, last)
    spans = st.tuples(numbers, numbers).map(sorted)
    single = st.one_of(
        numbers.map(str),
        spans.map(lambda span: f"{span[0]}-{span[1]}"),
        st.builds(lambda span, step: f"{span[0]}-{span[1]}/{step}", spans, st.integers(1, 20)),
        st.integers(1, 20).map(lambda step: f"*/{step}"),
    )
    return st.just("*") | st.lists(single, min_size=1, max_size=3).map(",".join)


expressions = st.tuples(*(fields(*each) for each in RANGES)).map(" ".join)
places = zones.map(ZoneInfo) | st.sampled_from([ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Pacific/Apia")])
instants = st.one_of(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),
    st.sampled_from([datetime(2026, 3, 29, 0), datetime(2026, 10, 24, 23), datetime(2011, 12, 30, 9)]),
    st.builds(lambda minutes: datetime(2026, 10, 4) + MINUTE * minutes, st.integers(-3000, 3000)),
).map(lambda naive: naive.replace(tzinfo=UTC))


def numbers_of(word: str, first: int, last: int) -> set[int]:
    """The field read once more, in the plainest way."""
    found: set[int] = set()
    for part in word.split(","):
        span, _, step = part.partition("/")
        low, _, high = (f"{first}-{last}" if span == "*" else span).partition("-")
        found |= set(range(int(low), int(high or low) + 1, int(step or 1)))
    return found


def on_the_wall(text: str, wall: datetime) -> bool:
    """Whether the expression names this minute of a wall clock."""
    words = text.split()
    minute, hour, day, month, weekday = (
        value in numbers_of(word, first, last)
        for value, word, (first, last) in zip(
            (wall.minute, wall.hour, wall.day, wall.month, wall.isoweekday() % 7),
            words,
            ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6)),
            strict=True,
        )
    )
    both = "*" not in (words[2], words[4])
    return minute and hour and month and ((day or weekday) if both else (day and weekday))


def comes_at(text: str, instant: datetime, zone: ZoneInfo) -> bool:
    """At an instant come the minute that it is on the wall, if it is the first of that name, and those left out."""
    wall = instant.astimezone(zone)
    last = (instant - MINUTE).astimezone(zone).replace(tzinfo=None) + MINUTE
    now = wall.replace(tzinfo=None)
    named = [now] if wall.fold == 0 else []
    while last < now:
        named.append(last)
        last += MINUTE
    return any(on_the_wall(text, each) for each in named)


@given(expressions, instants, places)
@example("30 2 * * *", datetime(2026, 3, 28, 23, 59, tzinfo=UTC), BERLIN)
@example("30 2 * * *", datetime(2026, 10, 24, 23, 59, tzinfo=UTC), BERLIN)
@example("0 * * * *", datetime(2026, 10, 25, 0, 0, tzinfo=UTC), BERLIN)
def test_it_comes_next_at_the_first_minute_that_it_names(text: str, now: datetime, zone: ZoneInfo) -> None:
    found = cron(text).after(now, zone)

    minute = now.replace(second=0, microsecond=0) + MINUTE
    for ahead in range(36 * 60):
        if comes_at(text, minute + MINUTE * ahead, zone):
            assert found == minute + MINUTE * ahead
            return
    assert found is None or found > minute + timedelta(hours=36) - MINUTE


@given(expressions, instants, places)
def test_what_comes_behind_comes_later(text: str, now: datetime, zone: ZoneInfo) -> None:
    came = [now]
    for _ in range(5):
        following = cron(text).after(came[-1], zone)
        assume(following is not None)
        came.append(following)
    assert all(one < other for one, other in pairwise(came))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 9 * * mon-fri", [datetime(2026, 3, 3, 8, tzinfo=UTC), datetime(2026, 3, 4, 8, tzinfo=UTC)]),
        ("*/20 14 * * *", [datetime(2026, 3, 2, 13, minute, tzinfo=UTC) for minute in (0, 20, 40)]),
        ("0 0 29 2 *", [datetime(2028, 2, 28, 23, tzinfo=UTC), datetime(2032, 2, 28, 23, tzinfo=UTC)]),
        ("0 0 13 * 5", [datetime(2026, 3, 5, 23, tzinfo=UTC), datetime(2026, 3, 12, 23, tzinfo=UTC)]),
        ("30 2 29 3 *", [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2027, 3, 29, 0, 30, tzinfo=UTC)]),
        ("30 2 25 oct *", [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2027, 10, 25, 0, 30, tzinfo=UTC)]),
        ("0 12 * * 7", [datetime(2026, 3, 8, 11, tzinfo=UTC), datetime(2026, 3, 15, 11, tzinfo=UTC)]),
    ],
)  # fmt: skip
def test_what_expressions_mean_in_berlin(text: str, expected: list[datetime]) -> None:
    found, now = [], START
    for _ in expected:
        following = cron(text).after(now, BERLIN)
        assert following is not None
        found.append(now := following)
    assert found == expected


def test_two_times_in_one_gap_are_one_instant() -> None:
    behind = datetime(2026, 3, 29, 1, tzinfo=UTC)

    assert cron("15,45 2 * * *").after(behind - MINUTE, BERLIN) == behind
    assert cron("15,45 2 * * *").after(behind, BERLIN) == datetime(2026, 3, 30, 0, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("0 9 * *", "needs five fields .*and has 4"),
        ("60 9 * * *", "minute: '60' is not one of 0 to 59"),
        ("0 9 * * funday", "day of the week: 'funday' is not one of 0 to 7, or sun to sat"),
        ("0 17-9 * * *", "hour: '17-9' runs backwards"),
        ("*/0 9 * * *", "minute: '\\*/0' is none of"),
        ("5/10 * * * *", "minute: a step needs a range before it, as in 5-59/10"),
        ("0 9 1,,2 * *", "day of the month: '' is none of"),
        ("0 9 30,31 2 *", "never comes"),
        ("0 9 31 apr,jun *", "never comes"),
        ("@daily", "needs five fields"),
        ("٣ 9 * * *", "minute"),
    ],
)
def test_what_is_wrong_is_told_with_its_field(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        cron(text)


def test_it_ends_with_the_calendar() -> None:
    assert cron("0 0 1 1 *").after(LATEST - timedelta(days=30), ZoneInfo("UTC")) is None
    assert cron("* * * * *").after(LATEST, ZoneInfo("Pacific/Kiritimati")) is None


def test_it_looks_far_enough_for_the_rarest_day() -> None:
    after_a_leap_day = datetime(2096, 3, 1, tzinfo=UTC)
    found = cron("0 0 29 2 *").after(after_a_leap_day, ZoneInfo("UTC"))
    assert found is not None
    assert found.date() == date(2104, 2, 29)
