"""Points in time: always UTC, to the millisecond (what BSON keeps)."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def to_instant(value: datetime) -> datetime:
    """The same moment in UTC, cut to whole milliseconds; raises `ValueError` where UTC has left the calendar."""
    try:
        moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    except OverflowError:
        raise ValueError("should lie in the years 1 to 9999 of UTC") from None
    beyond = moment.microsecond % 1000
    return moment.replace(microsecond=moment.microsecond - beyond) if beyond else moment


Instant = Annotated[AwareDatetime, AfterValidator(to_instant)]
"""A moment with its zone, kept as UTC in whole milliseconds."""
