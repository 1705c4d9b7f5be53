"""The counts of a batch in the making: what its facts add, and how its messages and buyers come to be counted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeGuard, assert_never
from zoneinfo import ZoneInfo

from common.domain.effect import OPEN_STATES, EffectState
from common.domain.reported_message import AboutMessage, ReportedMessage
from common.domain.rollups import BUYERS, ContentRow, Moment, Number, Row, moment
from common.messages.happened import (
    Engagement,
    Fact,
    Fate,
    Happened,
    MessageEngaged,
    MessageFared,
    MessageSettled,
    OfMessage,
    OfParticipant,
    ParticipantRemoved,
    RevenueFollowed,
)
from common.messages.record import Record
from common.ports import Bought, FactRow, Reports, Write
from services.reporting.counting import changes, revenue_row


class NotSettled(ValueError):
    """A message is told as settled in a state that is none of an end."""

    def __init__(self, effect: str, state: EffectState) -> None:
        super().__init__(f"message {effect} is told as settled, but is {state}")
        self.effect = effect
        self.state = state


class Tallying:
    """`zones`: by (flow, version) of all facts; `messages` and `buyers` as they were counted before."""

    def __init__(
        self,
        reports: Reports,
        partition: int,
        zones: Mapping[tuple[str, int], ZoneInfo],
        messages: Mapping[str, ReportedMessage],
        buyers: Mapping[str, Bought],
    ) -> None:
        self._reports = reports
        self._partition = partition
        self._zones = zones
        self._messages = dict(messages)
        self._fared: set[str] = set()
        self._buyers = dict(buyers)
        self._rows: list[FactRow] = []
        self._removed: set[str] = set()
        self._counts: dict[tuple[Row, Moment], Counter[str]] = defaultdict(Counter)

    def row(self, fact: Happened, record: Record) -> None:
        """A fact that is a row of its own."""
        at = self._moment(fact, record.time)
        self._rows.append(FactRow(record.id, record.contact, record.time, at, self._partition, fact))
        for row, counter, by in changes(fact, record.time):
            self._add(row, at, counter, by)

    def message(self, fact: OfMessage, record: Record, *, known: bool) -> bool:
        """What becomes of a message; whether that is news. `known`: the fact has its row already. Raises
        `NotSettled`."""
        before = self._messages.get(fact.effect) or ReportedMessage(fact.effect, about(fact, record))
        after = told(before, fact, record.time)
        if after != before:
            self._recount(before, after)
        if isinstance(fact, MessageEngaged) and not known:
            self.row(fact, record)
            return True
        return after != before

    def bought(self, fact: RevenueFollowed, record: Record) -> None:
        """Who buys is a buyer once, from the first time on."""
        first = Bought(record.id, fact, record.time, self._moment(fact, record.time))
        known = self._buyers.get(fact.participant)
        if known is not None and not first.before(known):
            return
        if known is not None:
            self._buyer(known, -1)
        self._buyer(first, 1)
        self._buyers[fact.participant] = first

    def remove(self, participant: str, kept: Iterable[FactRow]) -> None:
        """The passage's facts go, and what they added is taken back where it was."""
        theirs = [
            row
            for row in (*kept, *self._rows)
            if of_passage(row.fact) and row.fact.participant == participant
        ]
        for old in theirs:
            for row, counter, by in changes(old.fact, old.at):
                self._add(row, old.moment, counter, -by)
        if buyer := self._buyers.pop(participant, None):
            self._buyer(buyer, -1)
        self._rows = [row for row in self._rows if row not in theirs]
        self._removed.add(participant)

    def writes(self) -> Sequence[Write]:
        reports = self._reports
        fared = [(message, self._message_moment(message)) for message in self._all_fared()]
        return [
            *reports.drop(self._removed),
            *reports.keep(self._rows),
            *reports.fared(fared, self._partition),
            *reports.add(self._partition, self._counts),
        ]

    def _recount(self, before: ReportedMessage, after: ReportedMessage) -> None:
        for message, by in ((before, -1), (after, 1)):
            for counter, at in message.counted().items():
                self._add(row_of(message), self._message_moment(message, at), counter, by)
        self._messages[after.id] = after
        self._fared.add(after.id)

    def _all_fared(self) -> Iterator[ReportedMessage]:
        return (self._messages[effect] for effect in sorted(self._fared))

    def _buyer(self, bought: Bought, by: int) -> None:
        self._add(revenue_row(bought.fact, bought.at), bought.moment, BUYERS, by)

    def _add(self, row: Row, at: Moment, counter: str, by: Number) -> None:
        counts = self._counts[row, at]
        counts[counter] += by  # type: ignore[assignment]

    def _moment(self, fact: Fact, at: datetime) -> Moment:
        return moment(at, self._zones[fact.flow, fact.version])

    def _message_moment(self, message: ReportedMessage, at: datetime | None = None) -> Moment:
        return moment(at or message.at, self._zones[message.about.flow, message.about.version])


def told(message: ReportedMessage, fact: OfMessage, at: datetime) -> ReportedMessage:
    """The message after what is told of it. Raises `NotSettled`."""
    match fact:
        case MessageSettled():
            if fact.state in OPEN_STATES:
                raise NotSettled(fact.effect, fact.state)
            return message.settled(fact.state, at, fact.reason)
        case MessageEngaged():
            if fact.bot:
                return message
            return message.opened(at) if fact.kind is Engagement.OPEN else message.clicked(at)
        case MessageFared():
            return fared(message, fact.fate, at)
    raise AssertionError(f"not about a message: {fact.flow}")


def fared(message: ReportedMessage, fate: Fate, at: datetime) -> ReportedMessage:
    match fate:
        case Fate.DELIVERED:
            return message.delivered(at)
        case Fate.BOUNCED:
            return message.bounced(at)
        case Fate.COMPLAINED:
            return message.complained(at)
    assert_never(fate)


def about(fact: OfMessage, record: Record) -> AboutMessage:
    return AboutMessage(
        fact.flow,
        fact.run,
        fact.version,
        record.contact or "",
        fact.participant,
        fact.step,
        fact.channel,
        fact.content,
    )


def row_of(message: ReportedMessage) -> ContentRow:
    return ContentRow(message.about.flow, message.about.run, message.about.channel, message.about.content)


def of_passage(fact: Happened) -> TypeGuard[OfParticipant]:
    """Whether this fact goes with the passage when it is removed; messages were sent, whatever becomes of it."""
    return isinstance(fact, OfParticipant) and not isinstance(fact, OfMessage | ParticipantRemoved)
