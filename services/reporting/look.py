"""One look at some contacts: do the facts that are kept tell what has happened to them?"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo.asynchronous.client_session import AsyncClientSession

from common.adapters.mongo.report_rows import REVENUE, TABLES
from common.adapters.mongo.report_truth import MongoReportTruth
from common.domain.reported_message import ReportedMessage
from common.messages.following import ABOUT_MESSAGES, EARNINGS
from common.messages.happened import OfMessage, from_record
from common.messages.record import Record
from services.reporting.tallying import about, told
from services.reporting.truth import OfContact, told_of, whole_passages


@dataclass(frozen=True, slots=True)
class FactsChecked:
    """Facts that were never kept, facts (table, id) that never happened, and what was told of messages that are kept
    otherwise than it says."""

    contacts: int
    missing: Sequence[Record] = ()
    surplus: Sequence[tuple[str, str]] = ()
    stale: Sequence[Record] = ()

    @property
    def good(self) -> bool:
        return not (self.missing or self.surplus or self.stale)


class Look:
    """What is still on its way counts neither for nor against; nor does what is too old to be kept."""

    def __init__(self, truth: MongoReportTruth, session: AsyncClientSession) -> None:
        self._truth = truth
        self._session = session

    async def at(self, contacts: Sequence[str]) -> FactsChecked:
        moving = await self._truth.moving(self._session)
        horizon = await self._truth.horizon(self._session)
        known = await self._known(contacts)
        all_told = [record for each in known for record in told_of(each)]
        open_ = {
            record.id for record in all_told if moving & {record.id, record.cause} or gone(record, horizon)
        }
        passages = {participant for each in known for participant in whole_passages(each)}
        return FactsChecked(
            contacts=len(contacts),
            missing=await self._missing([record for record in all_told if record.id not in open_]),
            surplus=await self._surplus({record.id for record in all_told}, passages),
            stale=await self._stale(all_told, open_),
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

    async def _missing(self, expected: Iterable[Record]) -> list[Record]:
        by_table: dict[str, dict[str, Record]] = defaultdict(dict)
        for record in expected:
            if table := TABLES.get(type(from_record(record))):
                by_table[table][record.id] = record
        kept = await self._truth.kept({table: rows.keys() for table, rows in by_table.items()}, self._session)
        return [
            row for table, rows in by_table.items() for fact, row in rows.items() if fact not in kept[table]
        ]

    async def _surplus(self, wanted: set[str], passages: set[str]) -> list[tuple[str, str]]:
        """Of passages that are known from their beginning on; what was bought may follow an event that is gone."""
        if not passages:
            return []
        kept = await self._truth.of_passages(passages, self._session)
        return [(table, fact) for table, fact in kept if fact not in wanted and table != REVENUE]

    async def _stale(self, all_told: Iterable[Record], left_open: set[str]) -> list[Record]:
        """All that was told of those messages that are not kept as that says."""
        by_message = {
            effect: records
            for effect, records in messages(all_told)
            if not left_open & {record.id for record in records}
        }
        kept = await self._truth.messages(by_message, self._session) if by_message else {}
        return [
            record
            for effect, records in by_message.items()
            if fate(records) != kept.get(effect)
            for record in records
        ]


def gone(record: Record, horizon: datetime | None) -> bool:
    return horizon is not None and record.time <= horizon


def messages(expected: Iterable[Record]) -> Iterator[tuple[str, list[Record]]]:
    """By message, what was told of it, in order."""
    found: dict[str, list[Record]] = defaultdict(list)
    for record in expected:
        fact = from_record(record)
        if isinstance(fact, OfMessage):
            found[fact.effect].append(record)
    return iter(found.items())


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
