"""Made-up passages through two flows, as the facts that are told of them, and plain counts of the same."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from common.domain.effect import EffectState
from common.domain.reasons import DropOut, Refusal, Status
from common.messages.happened import (
    Earning,
    Engagement,
    Happened,
    MessageEngaged,
    MessageSettled,
    ParticipantEnrolled,
    ParticipantLeft,
    ParticipantRemoved,
    ParticipantSucceeded,
    RevenueFollowed,
    StepPassed,
    SuggestionRefused,
    to_record,
)
from common.messages.record import Record

START = datetime(1997, 1, 1, 12, tzinfo=UTC)
ENDS = [status for status in Status if status is not Status.ACTIVE]
FLOWS = (("winback", 1), ("winback", 2), ("welcome", 1))


@dataclass
class Passage:
    """One contact's story in one flow; `None` for what never happened."""

    flow: str
    run: int
    refused: Refusal | None
    enrolled_at: datetime
    left_at: datetime | None = None
    status: Status = Status.ACTIVE
    reason: DropOut | None = None
    removed: bool = False
    mails: list[tuple[str, list[EffectState]]] = field(default_factory=list)
    clicks: list[bool] = field(default_factory=list)
    """In the mail; whether a machine did it."""
    orders: list[tuple[int, float]] = field(default_factory=list)
    """Days after enrolment, and the amount."""

    @property
    def ends_on(self) -> str:
        finished = self.status in (Status.FINISHED, Status.FINISHED_WITH_SUCCESS)
        return "finish" if finished else "mail"


def some_passage(dice: random.Random) -> Passage:
    flow, run = dice.choice(FLOWS)
    start = START + timedelta(days=dice.randrange(60), minutes=dice.randrange(1440))
    if dice.random() < 0.4:
        return Passage(flow, run, dice.choice(list(Refusal)), start)
    passage = Passage(flow, run, None, start, removed=dice.random() < 0.1)
    if dice.random() < 0.8:
        passage.status = dice.choice(ENDS)
        passage.left_at = start + timedelta(days=dice.randrange(40))
    if passage.status is Status.DROPPED_OUT:
        passage.reason = dice.choice(list(DropOut))
    end = dice.choice([EffectState.DONE, EffectState.FAILED, EffectState.WITHDRAWN])
    told = dice.choice([[end], [EffectState.IN_DOUBT], [EffectState.IN_DOUBT, end]])
    passage.mails = [(dice.choice(["thanks", "miss-you"]), told)]
    passage.clicks = [dice.random() < 0.4 for _ in range(dice.randrange(4))]
    passage.orders = [(dice.randrange(1, 49), dice.randrange(10_000) / 100) for _ in range(dice.randrange(3))]
    return passage


def told_of(number: int, passage: Passage) -> list[Record]:
    """The records that reach reporting, in order."""
    contact, cause = f"contact-{number}", f"cause-{number}"
    about = {"flow": passage.flow, "run": passage.run, "version": 1}
    if passage.refused is not None:
        refusal = SuggestionRefused(**about, reason=passage.refused)
        return [to_record(refusal, contact, passage.enrolled_at, cause)]
    about |= {"participant": f"participant-{number}"}
    facts: list[tuple[Happened, datetime]] = [(ParticipantEnrolled(**about), passage.enrolled_at)]
    for content, states in passage.mails:
        for day, state in enumerate(states, start=1):
            settled = MessageSettled(
                **about, effect=f"effect-{number}", channel="email", step="mail", content=content, state=state
            )
            facts.append((settled, passage.enrolled_at + timedelta(days=day)))
    facts += [*steps_of(passage, about), *engagement(number, passage, about), *revenue(passage, about)]
    gone = about | {"status": passage.status, "reason": passage.reason, "enrolled_at": passage.enrolled_at}
    if passage.status is Status.FINISHED_WITH_SUCCESS:
        succeeded = ParticipantSucceeded(**about, step="mail", enrolled_at=passage.enrolled_at)
        facts.append((succeeded, passage.enrolled_at))
    if passage.left_at is not None:
        facts.append((ParticipantLeft(**gone, step=passage.ends_on), passage.left_at))
    if passage.removed:
        later = passage.enrolled_at + timedelta(days=50)
        facts.append((ParticipantRemoved(**gone, left_at=passage.left_at), later))
    return [to_record(fact, contact, at, f"{cause}-{n}") for n, (fact, at) in enumerate(facts)]


def steps_of(passage: Passage, about: dict[str, Any]) -> Iterator[tuple[Happened, datetime]]:
    """Into the first step at once, and on to Finish after a day for each of the month."""
    start = passage.enrolled_at
    yield StepPassed(**about, step="start", next_step="mail", entered_at=start, visit=0), start
    if passage.ends_on == "finish" and passage.left_at is not None:
        yield StepPassed(**about, step="mail", next_step="finish", entered_at=start, visit=1), passage.left_at


def engagement(number: int, passage: Passage, about: dict[str, Any]) -> Iterator[tuple[Happened, datetime]]:
    for n, bot in enumerate(passage.clicks, start=1):
        fact = MessageEngaged(
            **about,
            effect=f"effect-{number}",
            channel="email",
            step="mail",
            content=passage.mails[0][0],
            kind=Engagement.CLICK,
            link="shop",
            bot=bot,
        )
        yield fact, passage.enrolled_at + timedelta(days=3, hours=n)


def revenue(passage: Passage, about: dict[str, Any]) -> Iterator[tuple[Happened, datetime]]:
    for n, (days, amount) in enumerate(passage.orders):
        fact = RevenueFollowed(
            **about,
            event=f"order-{n}",
            kind=Earning.ORDER,
            amount=amount,
            currency="USD",
            enrolled_at=passage.enrolled_at,
        )
        yield fact, passage.enrolled_at + timedelta(days=days)


def mails_by_state(passages: list[Passage], content: str) -> Counter[str]:
    return Counter(
        states[-1].value for passage in passages for name, states in passage.mails if name == content
    )
