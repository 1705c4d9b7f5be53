"""Names of timezones."""

from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator


@cache
def _known_zones() -> frozenset[str]:
    """The database is read from disk, which takes milliseconds."""
    return frozenset(available_timezones())


def _known(value: str) -> str:
    if value not in _known_zones():
        raise ValueError(f"{value!r} is not a timezone of the IANA database, such as Europe/Berlin")
    return value


Timezone = Annotated[str, AfterValidator(_known)]
"""A name of the IANA database."""
