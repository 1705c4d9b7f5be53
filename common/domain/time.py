"""How long a wait is."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

YEARS = 10
"""No wait is longer."""

Hours = Annotated[int, Field(ge=1, le=YEARS * 366 * 24)]
Days = Annotated[int, Field(ge=1, le=YEARS * 366)]


def later(start: datetime, *, days: int = 0, hours: int = 0) -> datetime:
    """So much later; a day is 24 hours, whatever clocks are put forward or back meanwhile."""
    return start + timedelta(days=days, hours=hours)
