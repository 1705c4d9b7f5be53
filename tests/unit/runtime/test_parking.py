"""When parking is too much."""

import pytest

from common.runtime.parking import MOST_PARKED, WINDOW_SECONDS, ParkingLimit, TooManyParked


class Machine:
    seconds = 0.0

    def now(self) -> float:
        return self.seconds


def test_twenty_in_a_minute_are_borne_and_one_more_is_not() -> None:
    limit = ParkingLimit()
    limit.count(30, MOST_PARKED - 1)
    limit.ask(1, 1)
    limit.count(1, 1)
    with pytest.raises(TooManyParked, match="21 of 32"):
        limit.ask(1, 1)
    assert limit.exceeded


def test_less_than_one_in_a_hundred_is_borne_whatever_the_number() -> None:
    limit = ParkingLimit()
    limit.count(10_000, 0)
    limit.ask(0, 100)
    with pytest.raises(TooManyParked):
        limit.ask(0, 101)


def test_what_was_parked_over_a_minute_ago_is_forgotten() -> None:
    machine = Machine()
    limit = ParkingLimit(machine.now)
    limit.count(20, 20)
    machine.seconds = WINDOW_SECONDS + 1
    limit.ask(20, 20)
    assert not limit.exceeded
