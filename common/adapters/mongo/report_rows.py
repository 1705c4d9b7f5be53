"""Collections `report_*` as tables: facts as flat rows, messages as they fare, steps
(common/domain/report_tables)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, assert_never, get_args

from bson.decimal128 import Decimal128
from pymongo import UpdateOne

from common.adapters.mongo.client import Document
from common.domain.chart import Place
from common.domain.effect import EffectState
from common.domain.reported_message import AboutMessage, ReportedMessage
from common.domain.rollups import Moment, exact, whole_seconds
from common.messages.happened import (
    Happened,
    MessageEngaged,
    MessageFared,
    MessageSettled,
    ParticipantEnrolled,
    ParticipantLeft,
    ParticipantRemoved,
    ParticipantSucceeded,
    RevenueFollowed,
    StepPassed,
    SuggestionRefused,
)
from common.ports import FactRow

ENROLMENTS = "report_enrolments"
REFUSALS = "report_refusals"
STEP_PASSAGES = "report_step_passages"
SUCCESSES = "report_successes"
EXITS = "report_exits"
REMOVALS = "report_removals"
MESSAGES = "report_messages"
ENGAGEMENT = "report_engagement"
REVENUE = "report_revenue"
STEPS = "report_steps"
CORRECTIONS = "report_corrections"

TABLES: Mapping[type[Happened], str] = {
    ParticipantEnrolled: ENROLMENTS,
    SuggestionRefused: REFUSALS,
    StepPassed: STEP_PASSAGES,
    ParticipantSucceeded: SUCCESSES,
    ParticipantLeft: EXITS,
    ParticipantRemoved: REMOVALS,
    MessageEngaged: ENGAGEMENT,
    RevenueFollowed: REVENUE,
}
"""Where each kind of fact is a row of its own; the others change one of `report_messages`."""

OF_PASSAGES = (ENROLMENTS, STEP_PASSAGES, SUCCESSES, EXITS, REVENUE)
"""What goes with a passage that is removed by hand."""

KIND_OF = {table: kind for kind, table in TABLES.items()}
FACT_TABLES = (*TABLES.values(), MESSAGES)
FIELDS = {kind: frozenset(kind.model_fields) - {"type"} for kind in get_args(get_args(Happened)[0])}


def fact_document(row: FactRow) -> Document:
    """`kept_at` is machine time, by which rows are kept and read on."""
    return {
        "_id": row.id,
        "v": 1,
        "contact": row.contact,
        **{name: value for name, value in columns(row.fact, row.at) if value is not None},
        **placed(row.at, row.moment),
        "partition": row.partition,
        "kept_at": datetime.now(UTC),
    }


def columns(fact: Happened, at: datetime) -> Iterator[tuple[str, Any]]:
    """The fact's own columns, and those that follow from them."""
    told = fact.model_dump(exclude={"type", "effect"})
    match fact:
        case MessageEngaged():
            told["message"] = fact.effect
        case StepPassed():
            told["seconds"] = whole_seconds(at, fact.entered_at)
        case ParticipantLeft():
            told["entered_at"] = fact.entered_at or fact.enrolled_at
            told["seconds"] = whole_seconds(at, fact.enrolled_at)
        case ParticipantSucceeded():
            told["seconds"] = whole_seconds(at, fact.enrolled_at)
        case RevenueFollowed():
            told["days"] = (at - fact.enrolled_at).days
            told["amount"] = None if fact.amount is None else Decimal128(exact(fact.amount))
        case (
            ParticipantEnrolled()
            | ParticipantRemoved()
            | SuggestionRefused()
            | MessageSettled()
            | MessageFared()
        ):
            pass
        case _:
            assert_never(fact)
    yield from told.items()


def to_fact_row(table: str, row: Document) -> FactRow:
    kind = KIND_OF[table]
    told = {name: row[name] for name in FIELDS[kind] & row.keys()}
    if kind is MessageEngaged:
        told["effect"] = row["message"]
    if isinstance(told.get("amount"), Decimal128):
        told["amount"] = float(told["amount"].to_decimal())
    fact = kind.model_validate(told)
    moment = Moment(row["day"].date(), row["hour"])
    return FactRow(row["_id"], row["contact"], row["at"], moment, row["partition"], fact)


def placed(at: datetime, moment: Moment) -> Document:
    return {"at": at, "hour": moment.hour, "day": midnight(moment.day)}


def midnight(day: date) -> datetime:
    """BSON has no dates without time."""
    return datetime.combine(day, time(), UTC)


def correction(table: str, fact: str) -> UpdateOne:
    """Word of a fact that is taken out again, for those who read on."""
    told = {"v": 1, "table_name": table, "fact": fact, "kept_at": datetime.now(UTC)}
    return UpdateOne({"_id": f"{table}:{fact}"}, {"$set": told}, upsert=True)


TIMES = ("opened_at", "clicked_at", "delivered_at", "bounced_at", "complained_at")
ABOUT = ("flow", "run", "version", "contact", "participant", "step", "channel", "content")


def message_update(message: ReportedMessage, moment: Moment, partition: int) -> UpdateOne:
    """The whole row: it is the owner's, who has read it."""
    told = message_document(message, moment, partition)
    return UpdateOne({"_id": told.pop("_id")}, {"$set": told}, upsert=True)


def message_document(message: ReportedMessage, moment: Moment, partition: int) -> Document:
    told: Document = {"_id": message.id}
    told |= {name: getattr(message.about, name) for name in ABOUT}
    told |= {name: getattr(message, name) for name in ("state", "settled_at", "reason", *TIMES)}
    told |= placed(message.at, moment) | {"v": 1, "partition": partition, "kept_at": datetime.now(UTC)}
    return {name: value for name, value in told.items() if value is not None}


def to_message(row: Document) -> ReportedMessage:
    times = {name: row.get(name) for name in ("settled_at", *TIMES)}
    about = AboutMessage(**{name: row[name] for name in ABOUT})
    state = EffectState(row["state"]) if "state" in row else None
    return ReportedMessage(row["_id"], about, state, reason=row.get("reason"), **times)


def step_documents(flow: str, version: int, places: Sequence[Place]) -> Iterator[Document]:
    for position, place in enumerate(places, start=1):
        way = place.way[-1] if place.way else None
        content = getattr(place.step, "content", "")
        yield {
            "_id": f"{flow}:{version}:{place.step.id}",
            "v": 1,
            "flow": flow,
            "version": version,
            "step": place.step.id,
            "kind": place.step.kind,
            "title": place.step.title,
            "position": position,
            "parent": way.split if way else "",
            "branch": way.branch if way else "",
            "content": content if isinstance(content, str) else "",
        }
