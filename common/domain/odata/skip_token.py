"""Where the next page begins, and the moment that all pages are read at (decision 0176)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter, ValidationError

from common.domain.ids import digest
from common.domain.odata.expression import Cell
from common.domain.odata.literals import LARGEST_WHOLE, fits
from common.domain.odata.problem import BadQuery
from common.domain.report_tables import Kind
from common.domain.report_tables.cells import from_plain, plain

OPTION = "$skiptoken"
MOST_CHARACTERS = 4000
TOO_LARGE = "holds a number that is larger than 64 bits; take @odata.nextLink as it is"
STRANGE = "is not one of those in @odata.nextLink; leave it out to begin again"

Moment = tuple[int, int]
"""A point in the storage's own order of writes: seconds, and a number within the second."""


@dataclass(frozen=True, slots=True)
class SkipToken:
    """`after`: the ordering values of the last row given; `left`: how many rows `$top` leaves; `total`: the count
    that the first page told."""

    after: tuple[Cell, ...]
    moment: Moment
    left: int | None = None
    total: int | None = None


Parts = tuple[str, list[str | int | bool | None], Moment, int | None, int | None]
PARTS: TypeAdapter[Parts] = TypeAdapter(Parts)


def write_token(token: SkipToken, asked: Sequence[str], kinds: Sequence[Kind]) -> str:
    after = [plain(kind, value) for kind, value in zip(kinds, token.after, strict=True)]
    parts: list[Any] = [digest(*asked), after, token.moment, token.left, token.total]
    return urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def read_token(text: str, asked: Sequence[str], kinds: Sequence[Kind]) -> SkipToken:
    """Raises `BadQuery`, also for a token of another question."""
    if len(text) > MOST_CHARACTERS:
        raise BadQuery(OPTION, STRANGE)
    try:
        raw = urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
        question, after, moment, left, total = PARTS.validate_json(raw, strict=False)
        values = tuple(from_plain(kind, value) for kind, value in zip(kinds, after, strict=True))
    except (ValueError, ValidationError):
        raise BadQuery(OPTION, STRANGE) from None
    if question != digest(*asked):
        raise BadQuery(OPTION, "belongs to another table, $filter or $orderby; take the link as it is")
    if any(too_large(part) for part in (*values, *moment, left, total)):
        raise BadQuery(OPTION, TOO_LARGE)
    if not all(0 < part < 2**32 for part in moment) or min(left or 0, total or 0) < 0:
        raise BadQuery(OPTION, STRANGE)
    return SkipToken(values, moment, left, total)


def too_large(part: Cell) -> bool:
    """Whether no row could hold this number."""
    if isinstance(part, Decimal):
        return not fits(part)
    return isinstance(part, int) and not -LARGEST_WHOLE <= part < LARGEST_WHOLE
