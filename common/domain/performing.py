"""What a step asks to be done, done: effects planned, the contact changed, other flows suggested."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from common.domain.caps import Cap, noted
from common.domain.contact import SentMessage
from common.domain.contact_changes import changed_fields, values
from common.domain.effect import Effect
from common.domain.ids import effect_id
from common.domain.outcomes import Act, ChangeContact, PlanCall, PlanMessage, SuggestFor, TakeTurn
from common.domain.participant import LastMessage
from common.domain.progress import Did, Progress, Raised, Suggested
from common.domain.staff import turn_key

NOTHING_MORE: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Counted:
    """The frequency caps against which a flow's messages count, and the subscription type that they go out under."""

    caps: Sequence[Cap]
    subscription_type: str | None


def perform(
    progress: Progress,
    acts: Iterable[Act],
    now: datetime,
    counted: Counted,
    why: Mapping[str, Any] = NOTHING_MORE,
) -> Progress:
    """All of them, in their order. `why` is kept with each for the explanation."""
    for act in acts:
        match act:
            case PlanMessage():
                progress = plan(progress, act, now, counted, why)
            case PlanCall():
                progress = call(progress, act, now, why)
            case ChangeContact():
                progress = change(progress, act, now, why)
            case SuggestFor():
                progress = suggest(progress, act, now)
            case TakeTurn():
                taken = turn_key(progress.participant.flow, progress.participant.step)
                progress = replace(progress, turns=(*progress.turns, taken))
            case _:
                assert_never(act)
    return progress


def plan(
    progress: Progress, act: PlanMessage, now: datetime, counted: Counted, why: Mapping[str, Any]
) -> Progress:
    """A message to the contact, shown as its last, and noted for the caps that later ones meet."""
    effect = effect_of(progress, act, now)
    last = LastMessage(
        effect=effect.id, channel=act.channel, content=act.content, at=now, status=effect.state
    )
    told = {"channel": act.channel, "content": act.content, "effect": effect.id, **why}
    progress = progress.but(last_message=last).tell(now, Did.PLANNED_MESSAGE, told)
    progress = replace(progress, effects=(*progress.effects, effect))
    if not counted.caps:
        return progress
    sent = SentMessage(at=now, effect=effect.id, subscription_type=counted.subscription_type)
    recent = noted(counted.caps, progress.contact.recent, sent, now)
    return replace(progress, contact=progress.contact.but(recent=recent))


def call(progress: Progress, act: PlanCall, now: datetime, why: Mapping[str, Any]) -> Progress:
    """Something else that leaves the engine."""
    effect = effect_of(progress, act, now)
    told = {"channel": act.channel, "effect": effect.id, **why}
    progress = progress.tell(now, Did.PLANNED_CALL, told)
    return replace(progress, effects=(*progress.effects, effect))


def effect_of(progress: Progress, act: PlanMessage | PlanCall, now: datetime) -> Effect:
    """The ledger's row; several of one visit are told apart by their number."""
    passage = progress.participant
    here = (passage.step, passage.visits)
    number = sum((each.step, each.visit) == here for each in progress.effects)
    return Effect(
        id=effect_id(passage.id, passage.step, passage.visits, number),
        partition=passage.partition,
        flow=passage.flow,
        run=passage.run,
        version=passage.version,
        participant=passage.id,
        contact=passage.contact,
        step=passage.step,
        visit=passage.visits,
        planned_at=now,
        depth=passage.depth + 1,
        enrolled_by=passage.cause,
        **act.model_dump(),
    )


def change(progress: Progress, act: ChangeContact, now: datetime, why: Mapping[str, Any]) -> Progress:
    """The contact's own data, with the event that it raises."""
    before, after = progress.contact, progress.contact.merge(act.change)
    changed = changed_fields(before, after)
    raised = Raised(
        type=act.raises,
        data=act.data,
        changed=changed,
        before=values(before, changed),
        depth=progress.participant.depth + 1,
        key=progress.next_key,
    )
    told = {"raised": act.raises, **act.data, **why}
    progress = replace(progress, contact=after, raised=(*progress.raised, raised))
    return progress.tell(now, Did.CHANGED_CONTACT, told)


def suggest(progress: Progress, act: SuggestFor, now: datetime) -> Progress:
    """The contact to another flow; filters there decide."""
    suggested = Suggested(act.flow, progress.participant.depth + 1, progress.next_key)
    progress = replace(progress, suggested=(*progress.suggested, suggested))
    return progress.tell(now, Did.SUGGESTED, {"flow": act.flow})
