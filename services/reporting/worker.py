"""HOW WELL: each fact becomes a row, and adds to the counts of its flow and day."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping

from common.domain.figures import CountedMessage, FlowDay, MessageDay, supersedes
from common.messages.happened import Happened, MessageSettled, from_record
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import FactRow, Reports
from common.runtime.handler import Batch, HasNoTimers, KeepsNoTime, Outcome
from services.reporting.counting import changes


class ReportingHandler(KeepsNoTime):
    """The end of the road. `outside`: what is new here is passed on, for other systems to hear."""

    def __init__(self, reports: Reports, *, outside: bool = False) -> None:
        self._reports = reports
        self._outside = outside

    async def load(self, batch: Batch) -> "ReportingWorld":
        known = await self._reports.known([record.id for record in batch.records])
        named = [record.data.get("effect") for record in batch.records]
        effects = {effect for effect in named if isinstance(effect, str)}
        messages = await self._reports.messages(effects) if effects else {}
        return ReportingWorld(self._reports, batch.partition, known, messages, outside=self._outside)


class ReportingWorld(HasNoTimers):
    """`known`: ids of facts that were counted before; `messages`: how messages are counted, by effect."""

    def __init__(
        self,
        reports: Reports,
        partition: int,
        known: Collection[str],
        messages: Mapping[str, CountedMessage],
        *,
        outside: bool,
    ) -> None:
        self._reports = reports
        self._partition = partition
        self._known = set(known)
        self._messages = dict(messages)
        self._outside = outside
        self._new: list[Record] = []
        self._rows: list[FactRow] = []
        self._counts: dict[FlowDay | MessageDay, Counter[str]] = defaultdict(Counter)

    def decide(self, record: Record) -> None:
        """Raises `ValidationError` for what is no fact, `NotSettled` for a message that is not at its end."""
        fact = from_record(record)
        found = list(changes(fact, record.time, self._counted(fact)))
        if record.id in self._known:
            return
        self._known.add(record.id)
        self._new.append(record)
        self._rows.append(FactRow(record.id, record.contact, record.time, self._partition, fact))
        for row, counter, by in found:
            self._counts[row][counter] += by
        if isinstance(fact, MessageSettled):
            self._settle(fact, record)

    def outcome(self) -> Outcome:
        return Outcome(
            posted=[(Service.OUTSIDE, record) for record in self._new] if self._outside else (),
            writes=[*self._reports.keep(self._rows), *self._reports.add(self._partition, self._counts)],
        )

    def _settle(self, fact: MessageSettled, record: Record) -> None:
        counted = self._messages.get(fact.effect)
        if supersedes(fact.state, counted):
            self._messages[fact.effect] = CountedMessage(fact.state, record.time)

    def _counted(self, fact: Happened) -> CountedMessage | None:
        return self._messages.get(fact.effect) if isinstance(fact, MessageSettled) else None
