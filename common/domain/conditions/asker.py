"""On whose behalf a condition is asked."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Asker:
    """A flow as its conditions see it: days are those of `zone`, and the current user is its `owner`."""

    zone: tzinfo = UTC
    owner: str = ""

    @classmethod
    def of(cls, timezone: str, owner: str = "") -> "Asker":
        """`timezone` is a name of the IANA database."""
        return cls(ZoneInfo(timezone), owner)


ANYONE = Asker()
"""UTC, and nobody's."""
