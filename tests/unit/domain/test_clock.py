from datetime import UTC, datetime, timedelta

from common.domain.clock import END, ClockSetting

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def test_business_time_runs_as_fast_as_it_is_set() -> None:
    clock = ClockSetting(business=BEGIN, machine=BEGIN, speed=60)
    assert clock.at(BEGIN + timedelta(seconds=2)) == BEGIN + timedelta(minutes=2)


def test_however_fast_it_runs_it_stays_on_the_calendar() -> None:
    clock = ClockSetting(business=BEGIN, machine=BEGIN, speed=31_536_000)
    assert clock.at(BEGIN + timedelta(days=1)) == END
    assert clock.at(BEGIN + timedelta(days=3650)) == END
