"""The clock as people write it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.command_line import clock_words
from services.command_line.business_clock import starting_point


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1d/s", 86_400), ("12h/s", 43_200), ("30min/s", 1_800), ("1", 1), ("0.5", 0.5), ("2w/s", 1_209_600),
     ("1 h / s", 3_600), ("90s/s", 90)],
)  # fmt: skip
def test_a_speed_is_business_time_in_a_second(text: str, seconds: float) -> None:
    assert clock_words.speed(text) == seconds


@pytest.mark.parametrize("text", ["", "fast", "1d/h", "-1", "0", "0h/s", "1e9", "366d/s", "1d/s/s"])
def test_what_is_no_speed_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="speed"):
        clock_words.speed(text)


@pytest.mark.parametrize("text", ["1d/s", "12h/s", "30min/s", "1s/s", "1.5h/s"])
def test_a_speed_is_shown_as_it_was_written(text: str) -> None:
    assert clock_words.in_words(clock_words.speed(text)) == text


def test_a_day_begins_at_midnight_utc_unless_it_says_otherwise() -> None:
    assert clock_words.start("1997-01-01") == datetime(1997, 1, 1, tzinfo=UTC)
    assert clock_words.start("1997-01-01T12:00+02:00") == datetime(1997, 1, 1, 10, tzinfo=UTC)


def test_what_is_no_time_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="is no time"):
        clock_words.start("tomorrow")


def test_time_goes_back_only_where_nothing_has_happened_yet() -> None:
    present, past = (
        datetime(2026, 5, 1, tzinfo=UTC),
        datetime(1997, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    )
    assert starting_point(present, past, fresh=True) == past
    assert starting_point(present, past, fresh=False) == present
    assert starting_point(past, present, fresh=False) == present
    assert starting_point(present, None, fresh=True) == present
