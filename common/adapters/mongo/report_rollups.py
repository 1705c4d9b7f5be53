"""Collections `report_*_rollups`: counts by hour, by day, by month and in all. Rows carry the partition, so that only
one owner writes each; sums over them are made when read."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bson.decimal128 import Decimal128
from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.client import Database, Document
from common.adapters.mongo.report_rows import midnight
from common.domain.ids import digest
from common.domain.rollups import (
    COUNTERS,
    ContentRow,
    EarnedRow,
    FlowRow,
    Grain,
    Moment,
    Number,
    RevenueRow,
    Row,
    StepRow,
    Tally,
)
from common.ports import Ask, Counts, Sums, Write

ROLLUPS: Mapping[type[Row], str] = {
    FlowRow: "report_flow_rollups",
    StepRow: "report_step_rollups",
    ContentRow: "report_content_rollups",
    RevenueRow: "report_revenue_rollups",
    EarnedRow: "report_earned_rollups",
}
BY_FLOW = IndexModel(
    [("grain", ASCENDING), ("flow", ASCENDING), ("start", ASCENDING)], name="rollups_of_a_flow"
)
INDEXES = {name: [BY_FLOW] for name in ROLLUPS.values()}

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""The start of rows that are about all time."""


def additions(partition: int, counts: Counts) -> Iterator[Write]:
    """What these counts add to the partition's rows of each grain."""
    for kind, by_row in gathered(counts).items():
        operations = [
            increment(row, grain, start, partition, tally)
            for (row, grain, start), tally in sorted(by_row.items(), key=repr)
        ]
        if operations:
            yield Write(ROLLUPS[kind], operations)


Place = tuple[Row, Grain, datetime]


def gathered(counts: Counts) -> Mapping[type[Row], Mapping[Place, Tally]]:
    """By kind and row of each grain, what changes; what comes to nothing is left out."""
    sums: dict[type[Row], dict[Place, dict[str, Number]]] = defaultdict(lambda: defaultdict(dict))
    for (row, moment), tally in counts.items():
        for grain, start in starts(moment):
            into = sums[type(row)][row, grain, start]
            for counter, by in tally.items():
                into[counter] = into.get(counter, 0) + by
    return {
        kind: {place: changed for place, tally in rows.items() if (changed := without_zeros(tally))}
        for kind, rows in sums.items()
    }


def without_zeros(tally: Tally) -> Tally:
    return {counter: by for counter, by in tally.items() if by}


def starts(moment: Moment) -> Iterator[tuple[Grain, datetime]]:
    yield Grain.ALL, ALWAYS
    yield Grain.MONTH, midnight(moment.day.replace(day=1))
    yield Grain.DAY, midnight(moment.day)
    yield Grain.HOUR, moment.hour


def increment(row: Row, grain: Grain, start: datetime, partition: int, tally: Tally) -> UpdateOne:
    changed, about = counters(tally), place(row, grain, start, partition)
    which = {"_id": about.pop("_id")}
    return UpdateOne(which, {"$inc": changed, "$setOnInsert": about}, upsert=True)


def place(row: Row, grain: Grain, start: datetime, partition: int) -> Document:
    """A row of counts without its counters."""
    return {
        "_id": rollup_id(row, grain, start, partition),
        "v": 1,
        "grain": grain.value,
        "start": start,
        "partition": partition,
        **named(row),
    }


def named(row: Row) -> Document:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


def counters(tally: Tally) -> Document:
    return {counter: as_stored(by) for counter, by in tally.items()}


def rollup_id(row: Row, grain: Grain, start: datetime, partition: int) -> str:
    values = named(row).values()
    return digest("rollup", type(row).__name__, grain, start.isoformat(), str(partition), *map(str, values))


def as_stored(number: Number) -> Any:
    return Decimal128(number) if isinstance(number, Decimal) else number


def as_counted(value: Any) -> Number:
    found: Number = value.to_decimal() if isinstance(value, Decimal128) else value
    return found


async def sums(database: Database, ask: Ask, session: AsyncClientSession) -> Sums:
    names = COUNTERS[ask.kind] if ask.counters is None else ask.counters
    group = {"_id": {name: f"${name}" for name in ask.by}} | {name: {"$sum": f"${name}"} for name in names}
    stages: list[Document] = [{"$match": matching(ask)}, {"$group": group}]
    cursor = await database[ROLLUPS[ask.kind]].aggregate(stages, session=session)
    return {key_of(row.pop("_id"), ask): tally_of(row) async for row in cursor}


def matching(ask: Ask) -> Document:
    query: Document = {"grain": ask.grain.value, "flow": {"$in": sorted(ask.flows)}}
    if ask.run is not None:
        query["run"] = ask.run
    between = {"$gte": ask.first, "$lte": ask.last}
    bounds = {edge: at for edge, at in between.items() if at is not None}
    return query | ({"start": bounds} if bounds else {})


def key_of(group: Mapping[str, object], ask: Ask) -> tuple[object, ...]:
    return tuple(group[name] for name in ask.by)


def tally_of(row: Mapping[str, Any]) -> Tally:
    return {counter: number for counter, value in row.items() if (number := as_counted(value))}
