"""Reads `report_*` collections and views as tables, each answer as of one moment (decision 0176)."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, assert_never

import pymongo
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.timestamp import Timestamp
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import ExecutionTimeout, NetworkTimeout, OperationFailure

from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.report_filters import behind, holds, stored_name
from common.domain.odata.expression import Cell, Condition
from common.domain.odata.skip_token import Moment
from common.domain.report_tables import Column, Kind, Table
from common.ports.report_tables import MomentGone, RowPage, RowsAsked, TooSlow

PATIENCE_SECONDS = 60.0
INVALID_OPTIONS, SNAPSHOT_TOO_OLD, SNAPSHOT_UNAVAILABLE = 72, 239, 246
GONE = frozenset({INVALID_OPTIONS, SNAPSHOT_TOO_OLD, SNAPSHOT_UNAVAILABLE})
"""What the server says of a moment before its history, or after the present."""


class MongoReportTables:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, asked: RowsAsked, moment: Moment | None = None) -> RowPage:
        command = {
            "find": asked.table.name,
            "filter": query_of(asked),
            "projection": projection_of(asked),
            "sort": {stored_name(o.column): DESCENDING if o.descending else ASCENDING for o in asked.order},
            "skip": asked.skip,
            "limit": asked.limit + 1,
            "batchSize": asked.limit + 1,
            "allowDiskUse": True,
        }
        cursor = await self._run(command, moment)
        found = cursor["firstBatch"]
        if cursor["id"]:  # so wide that they don't fit into one answer of the server
            await self._close(cursor)
        cells = [(column.name, stored_name(column), column.kind) for column in columns_of(asked)]
        rows = [
            {name: to_cell(kind, row.get(stored)) for name, stored, kind in cells}
            for row in found[: asked.limit]
        ]
        return RowPage(rows, bool(cursor["id"]) or len(found) > asked.limit, moment_of(cursor, moment))

    async def count(self, table: Table, where: Condition | None, moment: Moment | None = None) -> int:
        stages = [{"$match": holds(where) if where else {}}, {"$count": "rows"}]
        cursor = await self._run({"aggregate": table.name, "pipeline": stages, "cursor": {}}, moment)
        return int(cursor["firstBatch"][0]["rows"]) if cursor["firstBatch"] else 0

    async def _run(self, command: Document, moment: Moment | None) -> Document:
        """The cursor that a command answers with, closed or not."""
        concern: Document = {"level": "snapshot"}
        if moment is not None:
            concern["atClusterTime"] = Timestamp(*moment)
        with translated(), told(moment), pymongo.timeout(PATIENCE_SECONDS):
            answer = await self._database.command(
                {**command, "readConcern": concern}, codec_options=self._database.codec_options
            )
        cursor: Document = answer["cursor"]
        return cursor

    async def _close(self, cursor: Document) -> None:
        collection = cursor["ns"].partition(".")[2]
        with translated():
            await self._database.command({"killCursors": collection, "cursors": [Int64(cursor["id"])]})


@contextmanager
def told(moment: Moment | None) -> Iterator[None]:
    try:
        yield
    except (ExecutionTimeout, NetworkTimeout) as error:
        raise TooSlow from error
    except OperationFailure as error:
        if moment is not None and error.code in GONE:
            raise MomentGone from error
        raise


def moment_of(cursor: Document, moment: Moment | None) -> Moment:
    at = cursor.get("atClusterTime")
    if isinstance(at, Timestamp):
        return at.time, at.inc
    assert moment is not None, "the server tells at which moment it read"
    return moment


def query_of(asked: RowsAsked) -> Document:
    parts = [
        *([] if asked.where is None else [holds(asked.where)]),
        *([] if asked.after is None else [behind(asked.order, asked.after)]),
    ]
    return {"$and": parts} if len(parts) > 1 else parts[0] if parts else {}


def columns_of(asked: RowsAsked) -> Collection[Column]:
    """Those that are wanted, and those by which rows are ordered."""
    return dict.fromkeys((*asked.columns, *(each.column for each in asked.order)))


def projection_of(asked: RowsAsked) -> Mapping[str, int]:
    return {"_id": 1} | {stored_name(column): 1 for column in columns_of(asked)}


def to_cell(kind: Kind, value: Any) -> Cell:
    if value is None:
        return None
    match kind:
        case Kind.TEXT:
            return str(value)
        case Kind.WHOLE:
            return int(value)
        case Kind.YES_NO:
            return bool(value)
        case Kind.DECIMAL:
            return value.to_decimal() if isinstance(value, Decimal128) else Decimal(str(value))
        case Kind.INSTANT:
            assert isinstance(value, datetime)
            return value
        case Kind.DAY:
            assert isinstance(value, datetime)
            return value.date()
        case _:
            assert_never(kind)
