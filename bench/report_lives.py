"""Made-up passages with what follows them, as facts and counts in a database: about ten facts a passage.

Facts become rows, and add to counts, by the service's own functions; but written by flow and partition at a time,
whole and in bulk, since nobody else writes. A tenth of them is made here; the database copies it, and counts are as
if each life had been lived ten times.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pymongo import MongoClient, WriteConcern
from pymongo.database import Database

from common.adapters.mongo.client import Document
from common.adapters.mongo.report_rollups import ROLLUPS, counters, gathered, place
from common.adapters.mongo.report_rows import FACT_TABLES, MESSAGES, TABLES, fact_document, message_document
from common.domain.effect import EffectState
from common.domain.ids import digest
from common.domain.reasons import DropOut, Refusal, Status
from common.domain.reported_message import AboutMessage, ReportedMessage
from common.domain.rollups import BUYERS, Moment, Row, moment
from common.messages.happened import (
    Earning,
    Engagement,
    Happened,
    MessageEngaged,
    MessageSettled,
    OfMessage,
    ParticipantEnrolled,
    ParticipantLeft,
    ParticipantSucceeded,
    RevenueFollowed,
    StepPassed,
    SuggestionRefused,
)
from common.ports import FactRow
from services.reporting.counting import changes, revenue_row
from services.reporting.tallying import row_of, told

FLOWS = 10
BIG = "flow-0"
"""Has half of all participants."""
DAYS = 730
END = datetime(2026, 6, 30, tzinfo=UTC)
START = END - timedelta(days=DAYS)
PARTITIONS = 8
ZONE = ZoneInfo("Asia/Kolkata")
STEPS = ("start", "hello", "rest", "which", "finish")
COPIES = 10
AT_ONCE = 5_000
PROCESSES = 2


class Share(NamedTuple):
    """So many participants of a flow, all of one partition."""

    flow: str
    partition: int
    participants: int


def shares(participants: int) -> Sequence[Share]:
    """The largest first."""
    half = participants // COPIES // 2
    rest = half // (FLOWS - 1)
    by_flow = {BIG: half} | {f"flow-{number}": rest for number in range(1, FLOWS)}
    return [
        Share(flow, partition, many // PARTITIONS)
        for flow, many in by_flow.items()
        for partition in range(PARTITIONS)
    ]


def life(flow: str, participant: str, dice: random.Random) -> Iterator[tuple[Happened, datetime]]:
    """Nine or ten facts about one participant, or a refusal among them."""
    about: dict[str, Any] = {"flow": flow, "run": 1, "version": 1, "participant": participant}
    start = START + timedelta(seconds=dice.randrange(DAYS * 86_400))
    mail = {
        "effect": digest("effect", participant),
        "channel": "email",
        "step": "hello",
        "content": f"mail-{dice.randrange(5)}",
    }
    yield ParticipantEnrolled(**about), start
    for visit, (step, target) in enumerate(pairwise(STEPS)):
        at = start + timedelta(hours=visit * dice.randrange(1, 48))
        yield StepPassed(**about, step=step, next_step=target, entered_at=start, visit=visit), at
    yield MessageSettled(**about, **mail, state=EffectState.DONE), start
    kind = dice.choice(list(Engagement))
    yield MessageEngaged(**about, **mail, kind=kind, bot=dice.random() < 0.3), start + timedelta(hours=5)
    if dice.random() < 0.5:
        yield ParticipantSucceeded(**about, step="rest", enrolled_at=start), start + timedelta(days=2)
    else:
        refused = {name: about[name] for name in ("flow", "run", "version")}
        yield SuggestionRefused(**refused, reason=dice.choice(list(Refusal))), start
    earning = {
        "event": digest("order", participant),
        "kind": Earning.ORDER,
        "amount": 19.9,
        "currency": "EUR",
    }
    yield (
        RevenueFollowed(**about, **earning, enrolled_at=start),
        start + timedelta(days=dice.randrange(1, 90)),
    )
    left, reason = dice.choice([(Status.FINISHED, None), (Status.DROPPED_OUT, dice.choice(list(DropOut)))])
    yield (
        ParticipantLeft(**about, status=left, reason=reason, step="finish", enrolled_at=start),
        start + timedelta(days=9),
    )


@dataclass
class Making:
    """Documents of one share, and its counts in the making. `facts`: all that was told."""

    partition: int
    facts: int = 0
    counts: dict[tuple[Row, Moment], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def documents(self, flow: str, number: int, dice: random.Random) -> Iterator[tuple[str, Document]]:
        """By table, all about one participant."""
        contact = f"contact-{flow}-{self.partition}-{number}"
        participant, message = digest("participant", contact), None
        for nth, (fact, at) in enumerate(life(flow, participant, dice)):
            self.facts += 1
            if isinstance(fact, OfMessage):
                message = told(message or a_message(fact, contact), fact, at)
            if not isinstance(fact, MessageSettled):
                row = FactRow(digest(contact, str(nth)), contact, at, moment(at, ZONE), self.partition, fact)
                self.count(row)
                yield TABLES[type(fact)], fact_document(row)
        if message is not None:
            for counter, at in message.counted().items():
                self.counts[row_of(message), moment(at, ZONE)][counter] += 1
            yield MESSAGES, message_document(message, moment(message.at, ZONE), self.partition)

    def count(self, row: FactRow) -> None:
        for about, counter, by in changes(row.fact, row.at):
            self.counts[about, row.moment][counter] += by  # type: ignore[assignment]
        if isinstance(row.fact, RevenueFollowed):  # everybody orders once
            self.counts[revenue_row(row.fact, row.at), row.moment][BUYERS] += 1

    def rollups(self) -> Iterator[tuple[str, Document]]:
        for kind, by_place in gathered(self.counts).items():
            for (row, grain, start), tally in by_place.items():
                often = {counter: by * COPIES for counter, by in tally.items()}
                yield ROLLUPS[kind], place(row, grain, start, self.partition) | counters(often)


def a_message(fact: OfMessage, contact: str) -> ReportedMessage:
    about = AboutMessage(
        fact.flow, fact.run, fact.version, contact, fact.participant, fact.step, fact.channel, fact.content
    )
    return ReportedMessage(fact.effect, about)


def fill_share(url: str, name: str, share: Share) -> int:
    """Answers how many facts."""
    making, dice = Making(share.partition), random.Random(repr(share))  # noqa: S311 - made-up lives
    with MongoClient[Document](url, tz_aware=True) as client:
        database = client.get_database(name, write_concern=WriteConcern(w=1, j=False))
        numbers = range(share.participants)
        write(database, (each for number in numbers for each in making.documents(share.flow, number, dice)))
        write(database, making.rollups())
    return making.facts


def write(database: Database[Document], documents: Iterator[tuple[str, Document]]) -> None:
    """By collection; in bulk."""
    while some := list(islice(documents, AT_ONCE)):
        by_collection: dict[str, list[Document]] = defaultdict(list)
        for collection, document in some:
            by_collection[collection].append(document)
        for collection, rows in by_collection.items():
            database[collection].insert_many(rows, ordered=False)


def fill(url: str, name: str, participants: int) -> int:
    """Answers how many facts; two processes write."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        parts = shares(participants)
        each = len(parts)
        facts = sum(pool.map(fill_share, [url] * each, [name] * each, parts))
    with MongoClient[Document](url) as client:
        for table in FACT_TABLES:
            copy(client[name], table)
    return facts * COPIES


def copy(database: Database[Document], table: str) -> None:
    """Each row so often, of as many contacts and passages."""
    told = ["_id", "contact", "participant", "message"]
    theirs = {field: {"$concat": [{"$toString": "$copy"}, f"${field}"]} for field in told}
    known = {
        field: {"$cond": [{"$ifNull": [f"${field}", False]}, value, "$$REMOVE"]}
        for field, value in theirs.items()
    }
    stages = [
        {"$set": {"copy": {"$range": [0, COPIES]}}},
        {"$unwind": "$copy"},
        {"$set": known},
        {"$unset": "copy"},
        {"$out": table},
    ]
    database[table].aggregate(stages)
