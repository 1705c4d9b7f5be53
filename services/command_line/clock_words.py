"""The clock as people write it on the command line: `--clock 1997-01-01`, `--speed 1d/s`."""

import re
from datetime import UTC, datetime

SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
FASTEST = 31_536_000
"""A year a second."""

SPEED = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>s|min|h|d|w)?\s*(?:/\s*s)?")


def speed(text: str) -> float:
    """Seconds of business time in one of the machine's: `1d/s`, `12h/s`, `30min/s`, or a plain number.

    Raises `ValueError` with a sentence.
    """
    found = SPEED.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"{text!r} is no speed: write 1d/s, 12h/s, 30min/s, or 1 for that of the machine's clock"
        )
    value = float(found["number"]) * SECONDS[found["unit"] or "s"]
    if not 0 < value <= FASTEST:
        raise ValueError(f"{text!r}: a speed lies above 0 and is at most 365d/s")
    return value


def start(text: str) -> datetime:
    """A day or a moment, UTC unless it says otherwise. Raises `ValueError` with a sentence."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no time: write 1997-01-01 or 1997-01-01T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def in_words(speed: float) -> str:
    """A speed as it is written: `1h/s`."""
    for unit, seconds in sorted(SECONDS.items(), key=lambda pair: -pair[1]):
        if unit != "w" and speed >= seconds:
            return f"{speed / seconds:g}{unit}/s"
    return f"{speed:g}s/s"
