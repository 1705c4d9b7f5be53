"""What operators' commands read and write, without an installation."""

from datetime import UTC, datetime, timedelta

import pytest

from services.command_line.operator_commands import since, stuck_lines


def test_since_is_a_moment_in_utc_or_so_long_ago():
    assert since("2026-03-02T12:00") == datetime(2026, 3, 2, 12, tzinfo=UTC)
    ago = datetime.now(UTC) - since("90min")
    assert abs(ago - timedelta(minutes=90)) < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["yesterday", "", "2 moons", "-2h"])
def test_anything_else_is_refused_with_a_sentence(text: str):
    with pytest.raises(ValueError, match="is no time: write"):
        since(text)


def test_what_is_stuck_is_told_line_by_line_with_the_reason():
    found = {
        "tickets": [
            {"service": "filter", "partition": 3, "tickets": 1, "seconds": 61.4, "reason": "nobody has it"}
        ],
        "acts": [{"flow": "welcome", "since": "2026-03-02T12:00:00Z", "reason": "cut short"}],
        "participants": [
            {"participant": "p", "contact": "7", "flow": "welcome", "step": "rest",
             "since": "2026-03-02T12:00:00Z", "reason": "no timer is set"},
        ],
    }  # fmt: skip
    assert list(stuck_lines(found)) == [
        "filter 3: 1 ticket, the oldest for 61 s: nobody has it",
        "flow welcome: since 2026-03-02 12:00: cut short",
        "contact 7 in flow welcome at rest: since 2026-03-02 12:00: no timer is set",
    ]
