"""The first time at which somebody is free: on working days, in working hours."""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from common.domain.calendar import DAY, LATEST, clock, is_working_day, local_day, moment
from common.domain.instant import to_instant

OPENS, CLOSES = clock("09:00"), clock("17:00")
QUARTER = timedelta(minutes=15)
LONGEST = 480
"""Minutes of a meeting: as many as a day has."""


def first_free(
    begins: datetime, minutes: int, busy: Iterable[tuple[datetime, datetime]], zone: tzinfo
) -> datetime:
    """The first quarter of an hour, at `begins` or later, from which on nothing of `busy` is in the way for so many
    minutes; Monday to Friday, 9 to 17 o'clock in the zone."""
    length, taken = timedelta(minutes=minutes), sorted(busy)
    start = _working(_quarter(begins), length, zone)
    for came, went in taken:
        if went > start and came < start + length:
            start = _working(_quarter(went), length, zone)
    return to_instant(start)


def _working(start: datetime, length: timedelta, zone: tzinfo) -> datetime:
    """This moment, or the next at which a day has so much left of its working hours."""
    day = local_day(start, zone)
    while day < LATEST.date():
        opens, closes = moment(day, OPENS, zone), moment(day, CLOSES, zone)
        if is_working_day(day) and max(start, opens) + length <= closes:
            return max(start, opens)
        day += DAY
    return LATEST


def _quarter(at: datetime) -> datetime:
    """The next full quarter of an hour."""
    over = timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at + (QUARTER - over) if over else at
