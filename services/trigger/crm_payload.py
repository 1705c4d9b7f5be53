"""What the reference CRM's webhook sends, read without trusting its spelling (domain.md §12).

Keys come in PascalCase or camelCase, ids as numbers or text, moments with seven decimals and any offset; fields may
be missing altogether. All names are turned into snake_case: `saleType_id` and `SaleTypeId` are `sale_type_id`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from common.domain.complaints import Complaint
from common.domain.instant import to_instant

WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
MOMENT = re.compile(
    r"(?P<whole>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,9}))?(?P<zone>Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE | re.ASCII,
)
TICK_DIGITS = 7
NO_DATE = "0001-01-01"
"""How the CRM writes that there is no date."""

TEST = "test"
LONGEST_EVENT = 90
LONGEST_KEY = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: `at` to the millisecond, `ticks` to all the CRM's decimals, the same for each spelling."""

    at: datetime
    ticks: str


@dataclass(frozen=True, slots=True)
class Payload:
    """One event of the CRM's. `event` is in lower case, as `sale.created`; `key` names the `entity`'s record.

    `fields` are what it tells of the record; a delete tells the values that it had.
    """

    event: str
    entity: str
    key: str
    event_id: str | None
    moment: Moment | None
    context: str
    changes: tuple[str, ...]
    fields: Mapping[str, Any]
    changed_by: str | None
    webhook: str | None

    @property
    def is_test(self) -> bool:
        return self.event == TEST


class NoPayload(Exception):
    """It is not what the CRM sends; the complaints say where."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        super().__init__(", ".join(f"{each.pointer} {each.detail}" for each in complaints))
        self.complaints = complaints


def read_payload(document: Any) -> Payload:
    """Raises `NoPayload` unless it names an event and, but for the probe, a record."""
    if not isinstance(document, Mapping):
        raise NoPayload((Complaint((), "is not an object"),))
    given = {snake(name): value for name, value in document.items()}
    event = text(given.get("event")) or ""
    key = text(given.get("primary_key")) or ""
    found = tuple(complaints(event.lower(), key, given.get("timestamp")))
    if found:
        raise NoPayload(found)
    return Payload(
        event=event.lower(),
        entity=(text(given.get("entity")) or event.partition(".")[0]).lower(),
        key=key,
        event_id=text(given.get("event_id")),
        moment=moment(given.get("timestamp")),
        context=text(given.get("context_identifier")) or "",
        changes=names(given.get("changes")),
        fields=fields(given.get("field_values")) | fields(given.get("values")),
        changed_by=identifier(given.get("changed_by_associate_id")),
        webhook=text(given.get("webhook_name")),
    )


def complaints(event: str, key: str, timestamp: Any) -> list[Complaint]:
    found = []
    if not event or len(event) > LONGEST_EVENT:
        found.append(Complaint(("Event",), f"is required, and has at most {LONGEST_EVENT} characters"))
    if (not key and event != TEST) or len(key) > LONGEST_KEY:
        found.append(Complaint(("PrimaryKey",), f"is required, and has at most {LONGEST_KEY} characters"))
    if timestamp is not None and moment(timestamp) is None:
        found.append(Complaint(("Timestamp",), "is no point in time"))
    return found


def snake(name: str) -> str:
    """`PrimaryKey`, `primaryKey` and `primary_key` are one name."""
    return WORD_ENDS.sub("_", name).lower()


def text(value: Any) -> str | None:
    """A name or an id as text; `None` for what is neither, and for nothing at all."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def identifier(value: Any) -> str | None:
    """The id of another record; 0, -1 and nothing mean that there is none."""
    found = text(value)
    return None if found is None or found.startswith("-") or not found.strip("0") else found


def flag(value: Any) -> bool:
    """Yes, however it is written: `1`, `"1"`, `true`."""
    return value is True or (identifier(value) or "false").lower() != "false"


def moment(value: Any) -> Moment | None:
    """A point in time, UTC where no zone is told; `None` for what is none."""
    match = MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    zone = (match["zone"] or "Z").upper()
    try:
        whole = datetime.fromisoformat(match["whole"] + zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    fraction = (match["fraction"] or "").ljust(TICK_DIGITS, "0")
    at = to_instant(whole.replace(microsecond=int(fraction[:6])))
    return Moment(at, f"{whole:%Y%m%dT%H%M%S}.{fraction[:TICK_DIGITS]}")


def names(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else []
    return tuple(snake(name) for name in listed if isinstance(name, str))


def fields(value: Any) -> dict[str, Any]:
    given = value if isinstance(value, Mapping) else {}
    return {snake(name): dated(inner) for name, inner in given.items()}


def dated(value: Any) -> Any:
    """The value, without dates that stand for none."""
    return None if isinstance(value, str) and value.startswith(NO_DATE) else value
