"""Who is in a flow, and why: participants and explanations."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from rich.table import Table

from common.domain.reasons import Status
from services.command_line.installation import Installation

NARROW = ("Contact", "Status", "Step", "Since", "Until", "Reason", "Last message")
"""What is shown where a terminal has no room for everything."""
WIDE_COLUMNS = 150
PAGE = 500


def participants(
    installation: Installation, flow: str, status: Status | None, limit: int
) -> list[dict[str, Any]]:
    """The first `limit` of a flow's participants, as `/v1/participants` shows them."""
    rows = installation.pages(
        "/v1/participants", "participants", flow=flow, status=status, limit=min(limit, PAGE)
    )
    return list(islice(rows, limit))


def participant_table(rows: Iterable[dict[str, Any]], width: int) -> Table:
    """All that is shown of a participant (domain.md §5), or less on a terminal of few columns."""
    shown = [cells(row) for row in rows]
    names = [name for name in shown[0] if width >= WIDE_COLUMNS or name in NARROW] if shown else NARROW
    table = Table(*names, box=None, pad_edge=False)
    for row in shown:
        table.add_row(*(row[name] for name in names))
    return table


def cells(row: dict[str, Any]) -> dict[str, str]:
    """A participant as a person reads it."""
    reason = " – ".join(str(row[name]) for name in ("reason", "reason_text") if row.get(name))
    return {
        "Contact": row["contact"],
        "Name": row["name"],
        "E-mail": row["email"] or "",
        "Company": row["company"] or "",
        "Enrolled": moment(row["enrolled_at"]),
        "Status": row["status"].replace("_", " "),
        "Step": row["step"],
        "Since": moment(row["since"]),
        "Until": moment(row["until"]),
        "Reason": reason.replace("_", " "),
        "Last message": message(row["last_message"]),
    }


def moment(value: Any) -> str:
    """Business time in UTC, to the minute."""
    return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M}" if value else ""


def message(last: Any) -> str:
    return f"{last.get('content', '')} ({last.get('status', '')})" if isinstance(last, dict) else ""
