"""How long a wait is."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

YEARS = 10
"""No wait is longer."""

DAYS = YEARS * 366

Hours = Annotated[int, Field(ge=1, le=YEARS * 366 * 24)]
Days = Annotated[int, Field(ge=1, le=DAYS)]
Weeks = Annotated[int, Field(ge=1, le=DAYS // 7)]
WorkingDays = Annotated[int, Field(ge=1, le=DAYS // 7 * 5)]


def later(start: datetime, *, days: int = 0, hours: int = 0) -> datetime:
    """So much later; a day is 24 hours, whatever clocks are put forward or back meanwhile."""
    return start + timedelta(days=days, hours=hours)
