"""What one fact changes in the figures."""

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from common.domain.effect import OPEN_STATES, EffectState
from common.domain.figures import (
    ENROLLED,
    REMOVED,
    CountedMessage,
    FlowDay,
    MessageDay,
    day_of,
    dropped_out,
    refused,
    supersedes,
)
from common.domain.reasons import DropOut, Status
from common.messages.happened import (
    Fact,
    Happened,
    MessageSettled,
    ParticipantEnrolled,
    ParticipantLeft,
    ParticipantRemoved,
    SuggestionRefused,
)

Change = tuple[FlowDay | MessageDay, str, int]
"""A row, one of its counters, and what is added to it."""


class NotSettled(ValueError):
    """A message is told as settled in a state that is none of an end."""

    def __init__(self, effect: str, state: EffectState) -> None:
        super().__init__(f"message {effect} is told as settled, but is {state}")
        self.effect = effect
        self.state = state


def changes(fact: Happened, at: datetime, counted: CountedMessage | None = None) -> Iterator[Change]:
    """What a fact of that time adds and takes back. `counted`: how the message that it is about is counted so
    far. Raises `NotSettled`."""
    match fact:
        case ParticipantEnrolled():
            yield row(fact, at), ENROLLED, 1
        case ParticipantLeft():
            yield from left(row(fact, at), fact.status, fact.reason, 1)
        case ParticipantRemoved():
            yield from removed(fact, at)
        case SuggestionRefused():
            yield row(fact, at), refused(fact.reason), 1
        case MessageSettled():
            yield from settled(fact, at, counted)
        case _:
            assert_never(fact)


def removed(fact: ParticipantRemoved, at: datetime) -> Iterator[Change]:
    """Taken back from the days on which enrolling and leaving were counted."""
    yield row(fact, at), REMOVED, 1
    yield row(fact, fact.enrolled_at), ENROLLED, -1
    if fact.left_at is not None:
        yield from left(row(fact, fact.left_at), fact.status, fact.reason, -1)


def left(on: FlowDay, status: Status, reason: DropOut | None, by: int) -> Iterator[Change]:
    yield on, status.value, by
    if reason is not None:
        yield on, dropped_out(reason), by


def settled(fact: MessageSettled, at: datetime, counted: CountedMessage | None) -> Iterator[Change]:
    """Moves a message that is counted in a state that gives way; raises `NotSettled`."""
    if fact.state in OPEN_STATES:
        raise NotSettled(fact.effect, fact.state)
    if not supersedes(fact.state, counted):
        return
    if counted is not None:
        yield message_row(fact, counted.at), counted.state.value, -1
    yield message_row(fact, at), fact.state.value, 1


def row(fact: Fact, at: datetime) -> FlowDay:
    return FlowDay(fact.flow, fact.run, day_of(at))


def message_row(fact: MessageSettled, at: datetime) -> MessageDay:
    return MessageDay(fact.flow, fact.run, day_of(at), fact.channel, fact.content)
