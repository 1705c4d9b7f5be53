"""What reporting keeps, in memory: its writes are done when they are applied."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from common.adapters.mongo.report_rollups import gathered
from common.domain.reported_message import ReportedMessage
from common.domain.rollups import Grain, Moment, Row
from common.messages.happened import EARNED, Happened, RevenueFollowed
from common.ports import Bought, Counts, FactRow, Write
from services.reporting.tallying import of_passage


class MemoryReports:
    def __init__(self) -> None:
        self.rows: dict[str, FactRow] = {}
        self.fared_: dict[str, ReportedMessage] = {}
        self.gone: set[str] = set()
        self.counts: dict[tuple[Row, Grain, str], Counter[str]] = defaultdict(Counter)

    async def known(self, facts: Mapping[str, Happened]) -> set[str]:
        return facts.keys() & self.rows.keys()

    async def removed(self, participants: Collection[str]) -> set[str]:
        return self.gone & set(participants)

    async def messages(self, effects: Collection[str]) -> Mapping[str, ReportedMessage]:
        return {effect: self.fared_[effect] for effect in effects if effect in self.fared_}

    async def buyers(self, participants: Collection[str]) -> Mapping[str, Bought]:
        found: dict[str, Bought] = {}
        for row in sorted(self.rows.values(), key=lambda row: (row.at, row.id)):
            fact = row.fact
            if isinstance(fact, RevenueFollowed) and fact.kind in EARNED and fact.participant in participants:
                found.setdefault(fact.participant, Bought(row.id, fact, row.at, row.moment))
        return found

    async def of_participants(self, participants: Collection[str]) -> Sequence[FactRow]:
        return [row for row in self.rows.values() if self._of(row, participants)]

    def keep(self, rows: Iterable[FactRow]) -> Sequence[Write]:
        kept = {row.id: row for row in rows}
        return [Write("facts", [lambda: self.rows.update(kept)])]

    def drop(self, participants: Collection[str]) -> Sequence[Write]:
        return [Write("facts", [lambda: self._drop(participants)])]

    def fared(self, messages: Iterable[tuple[ReportedMessage, Moment]], partition: int) -> Sequence[Write]:
        told = {message.id: message for message, _ in messages}
        return [Write("messages", [lambda: self.fared_.update(told)])]

    def add(self, partition: int, counts: Counts) -> Sequence[Write]:
        return [Write("counts", [lambda: self._add(counts)])]

    def _of(self, row: FactRow, participants: Collection[str]) -> bool:
        return of_passage(row.fact) and row.fact.participant in participants

    def _drop(self, participants: Collection[str]) -> None:
        self.gone |= set(participants)
        self.rows = {fact: row for fact, row in self.rows.items() if not self._of(row, participants)}

    def _add(self, counts: Counts) -> None:
        for places in gathered(counts).values():
            for (row, grain, start), tally in places.items():
                self.counts[row, grain, start.isoformat()].update(tally)
