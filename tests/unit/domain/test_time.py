from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from common.domain.time import later


def test_a_day_is_24_hours_also_when_clocks_are_put_forward():
    start = datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)

    assert later(start, days=1).astimezone(ZoneInfo("Europe/Berlin")).hour == 13


def test_days_and_hours_add_up():
    start = datetime(2026, 1, 1, tzinfo=UTC)

    assert later(start, days=1, hours=2) == datetime(2026, 1, 2, 2, tzinfo=UTC)
