"""Rows for the tables that analysts read, put where reporting keeps them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bson.decimal128 import Decimal128

from tests.integration.reporting.conftest import Reporting

START = datetime(2024, 1, 1, 9, 30, tzinfo=UTC)


def revenue(number: int) -> dict[str, Any]:
    """Even ones belong to `a.b`, odd ones to `Axb`; each third has no amount. Written a day apart."""
    at = START + timedelta(days=number)
    row: dict[str, Any] = {
        "_id": f"r{number:02}",
        "flow": "Axb" if number % 2 else "a.b",
        "run": number,
        "version": 1,
        "contact": f"c{number}",
        "participant": f"p{number}",
        "event": f"e{number}",
        "kind": "order",
        "currency": "EUR",
        "enrolled_at": START,
        "days": number,
        "at": at,
        "hour": at.replace(minute=0),
        "day": at.replace(hour=0, minute=0),
        "kept_at": at,
        "partition": 0,
    }
    return row if number % 3 == 0 else row | {"amount": Decimal128(f"{number}.50")}


async def fill(reporting: Reporting) -> None:
    """Ten orders, and a contact."""
    database = reporting.process.database
    await database["report_revenue"].insert_many([revenue(number) for number in range(10)])
    await database["contacts"].insert_one(
        {"_id": "c1", "first_name": "=Ada", "email": "ada@example.org", "country": "NO", "partition": 0}
    )
