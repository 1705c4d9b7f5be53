"""One look at some contacts: are the facts that are kept those that follow from what has happened to them?"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.report_rows import (
    MESSAGES,
    REMOVALS,
    REVENUE,
    TABLES,
    TIMES,
    fact_document,
    message_document,
    to_message,
)
from common.adapters.mongo.report_truth import Amended, Horizons, MongoReportTruth, Rows
from common.domain.reported_message import ReportedMessage
from common.domain.rollups import moment
from common.messages.following import ABOUT_MESSAGES, EARNINGS
from common.messages.happened import OfMessage, from_record
from common.messages.record import Record
from common.ports import FactRow
from services.reporting.tallying import about, told
from services.reporting.truth import OfContact, told_of, whole_passages
from services.reporting.versions import Versions

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FactsChecked:
    """Facts that were never kept, facts (table, id) that never happened, and those that are kept with other values
    than they had. A message that was never kept is missing by all that was told of it."""

    partition: int
    contacts: int
    missing: Sequence[Record] = ()
    surplus: Sequence[tuple[str, str]] = ()
    changed: Sequence[Amended] = ()

    @property
    def good(self) -> bool:
        return not (self.missing or self.surplus or self.changed)


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to compare, as of one moment: `told` by table and id, what was told of each message, and `kept`.

    `open`: facts that are on their way. `whole`: passages known from their beginning; `there`: those that are kept,
    or were removed by hand; `going`: those of which the removal is on its way.
    """

    partition: int
    told: Mapping[str, Mapping[str, Record]]
    messages: Mapping[str, Sequence[Record]]
    open: Set[str]
    whole: Set[str]
    there: Set[str]
    going: Set[str]
    effects: Set[str]
    kept: Rows
    horizons: Horizons


class Look:
    """What is still on its way counts neither for nor against; nor does what is too old to be kept."""

    def __init__(self, truth: MongoReportTruth, versions: Versions, session: AsyncClientSession) -> None:
        self._truth = truth
        self._versions = versions
        self._session = session

    async def at(self, partition: int, contacts: Sequence[str]) -> FactsChecked:
        seen = await self._seen(partition, contacts)
        missing, changed = await self._facts(seen)
        unheard, otherwise = await self._messages(seen)
        return FactsChecked(
            partition=partition,
            contacts=len(contacts),
            missing=[*missing, *unheard],
            surplus=list(surplus(seen)),
            changed=[*changed, *otherwise],
        )

    async def _seen(self, partition: int, contacts: Sequence[str]) -> Seen:
        truth, session = self._truth, self._session
        moving = await truth.moving(partition, session)
        known = await self._known(contacts)
        all_told = [record for each in known for record in told_of(each)]
        facts, of_messages = sorted_out(all_told)
        whole = {participant for each in known for participant in whole_passages(each)}
        passages = {passage.id for each in known for passage in each.participants}
        removed = {row.data["participant"]: row.id for row in facts[REMOVALS].values()}
        effects = {effect for each in known for effect in each.effects}
        open_ = {record.id for record in all_told if moving & {record.id, record.cause}}
        return Seen(
            partition=partition,
            told=facts,
            messages=of_messages,
            open=open_,
            whole=whole,
            there=passages | removed.keys(),
            going={passage for passage, fact in removed.items() if fact in open_},
            effects=effects,
            kept=await truth.kept(contacts, whole | passages, effects, session),
            horizons=await truth.horizons(session),
        )

    async def _known(self, contacts: Sequence[str]) -> list[OfContact]:
        truth, session = self._truth, self._session
        decisions = await truth.decisions(contacts, session)
        participants = await truth.participants(contacts, session)
        effects = await truth.effects(contacts, session)
        events = await truth.events(contacts, {*ABOUT_MESSAGES, *EARNINGS}, session)
        return [
            OfContact(
                contact,
                decisions.get(contact, ()),
                participants.get(contact, ()),
                {effect.id: effect for effect in effects.get(contact, ())},
                events.get(contact, ()),
            )
            for contact in contacts
        ]

    async def _facts(self, seen: Seen) -> tuple[Sequence[Record], Sequence[Amended]]:
        """Those that are missing, and those that are kept otherwise, be it as another's."""
        absent = {
            table: [fact for fact in records if fact not in seen.kept[table] and fact not in seen.open]
            for table, records in seen.told.items()
        }
        elsewhere = await self._truth.of_ids({t: ids for t, ids in absent.items() if ids}, self._session)
        missing: list[Record] = []
        changed: list[Amended] = []
        for table, records in seen.told.items():
            for fact, record in records.items():
                row = seen.kept[table].get(fact) or elsewhere.get(table, {}).get(fact)
                if row is not None:
                    changed += amended(table, await self._row(record, row, seen.partition), row)
                elif fact not in seen.open and not gone(record.time, seen.horizons.facts):
                    missing.append(record)
        return missing, changed

    async def _row(self, record: Record, row: Row, partition: int) -> Row:
        """As the fact would be kept. In which version a passage stood when an order came is kept nowhere else."""
        fact = from_record(record)
        if TABLES[type(fact)] == REVENUE:
            fact = fact.but(version=row["version"])
        key = (fact.flow, fact.version)
        at = moment(record.time, (await self._versions.zones([key]))[key])
        return fact_document(FactRow(record.id, record.contact, record.time, at, partition, fact))

    async def _messages(self, seen: Seen) -> tuple[Sequence[Record], Sequence[Amended]]:
        """All that was told of those that were never kept, and those that are kept otherwise."""
        missing: list[Record] = []
        changed: list[Amended] = []
        for effect, records in seen.messages.items():
            row = seen.kept[MESSAGES].get(effect)
            if seen.open & {record.id for record in records}:
                continue
            expected = standing(fate(records), to_message(row) if row else None, seen.horizons)
            if expected is not None and row is not None:
                changed += amended(MESSAGES, await self._message(expected, seen.partition), row)
            elif expected is not None and not any(gone(r.time, seen.horizons.facts) for r in records):
                missing += records
        return missing, changed

    async def _message(self, message: ReportedMessage, partition: int) -> Row:
        key = (message.about.flow, message.about.version)
        at = moment(message.at, (await self._versions.zones([key]))[key])
        return message_document(message, at, partition)


def sorted_out(
    records: Iterable[Record],
) -> tuple[Mapping[str, Mapping[str, Record]], Mapping[str, Sequence[Record]]]:
    """Those that are rows of their own, by table and id; and by message what was told of it, in order."""
    rows: dict[str, dict[str, Record]] = {table: {} for table in TABLES.values()}
    messages: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        fact = from_record(record)
        if table := TABLES.get(type(fact)):
            rows[table][record.id] = record
        if isinstance(fact, OfMessage):
            messages[fact.effect].append(record)
    return rows, messages


def amended(table: str, expected: Row, row: Row) -> Iterator[Amended]:
    if without_age(expected) != without_age(row):
        yield Amended(table, expected, row["kept_at"])


def without_age(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "kept_at" and value is not None}


def surplus(seen: Seen) -> Iterator[tuple[str, str]]:
    """What is kept and never happened, as far as what it would follow from is sure to be there still."""
    for fact, row in seen.kept[MESSAGES].items():
        heard = fate(seen.messages.get(fact, ()))
        if standing(heard, to_message(row), seen.horizons) is None:
            yield MESSAGES, fact
    for table, told_ in seen.told.items():
        for fact, row in seen.kept[table].items():
            if fact not in told_ and certain(table, row, seen):
                yield table, fact


def certain(table: str, row: Row, seen: Seen) -> bool:
    """Whether what this fact would follow from is there, if it ever was."""
    horizons = seen.horizons
    match table:
        case "report_refusals":
            return not gone(row["at"], horizons.decisions)
        case "report_engagement":
            return row["message"] in seen.effects and not gone(row["at"], horizons.events)
        case "report_revenue":
            known = row["participant"] in seen.there - seen.going
            return known and not gone(row["at"], horizons.events)
        case _:
            return row["participant"] in seen.whole - seen.going


def gone(at: datetime | None, horizon: datetime | None) -> bool:
    return at is not None and horizon is not None and at <= horizon


def fate(records: Sequence[Record]) -> ReportedMessage | None:
    """The message after all that was told of it; `None` where that was nothing that a message is kept for."""
    message: ReportedMessage | None = None
    for record in records:
        fact = from_record(record)
        assert isinstance(fact, OfMessage)
        before = message or ReportedMessage(fact.effect, about(fact, record))
        after = told(before, fact, record.time)
        message = after if message or after != before else None
    return message


def standing(
    told: ReportedMessage | None, found: ReportedMessage | None, horizons: Horizons
) -> ReportedMessage | None:
    """What is told, as it may be kept: what was told so long ago that nothing else knows of it any more stands as it
    is found, and so does the lack of what may be gone. `None`: there is to be none."""
    if found is None:
        return told
    message = told or ReportedMessage(found.id, found.about)
    if gone(found.settled_at, horizons.decisions) or (
        found.state is None and gone(message.settled_at, horizons.facts)
    ):
        message = replace(message, state=found.state, settled_at=found.settled_at, reason=found.reason)
    for name in TIMES:
        expected, there = getattr(message, name), getattr(found, name)
        earlier = expected is None or (there is not None and there < expected)
        later = there is None or (expected is not None and there > expected)
        if (earlier and gone(there, horizons.told)) or (later and gone(expected, horizons.facts)):
            message = replace(message, **{name: there})
    return message if message.state is not None or message.counted() else None
