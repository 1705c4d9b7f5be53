"""Made-up passages through two flows, as the facts that are told of them, and plain counts of the same."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from common.domain.effect import EffectState
from common.domain.reasons import DropOut, Refusal, Status
from common.messages.happened import (
    Happened,
    MessageSettled,
    ParticipantEnrolled,
    ParticipantLeft,
    ParticipantRemoved,
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
    gone = about | {"status": passage.status, "reason": passage.reason, "enrolled_at": passage.enrolled_at}
    if passage.left_at is not None:
        facts.append((ParticipantLeft(**gone), passage.left_at))
    if passage.removed:
        later = passage.enrolled_at + timedelta(days=50)
        facts.append((ParticipantRemoved(**gone, left_at=passage.left_at), later))
    return [to_record(fact, contact, at, f"{cause}-{n}") for n, (fact, at) in enumerate(facts)]


def mails_by_state(passages: list[Passage], content: str) -> Counter[str]:
    return Counter(
        states[-1].value for passage in passages for name, states in passage.mails if name == content
    )
