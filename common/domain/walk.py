"""Running on: from step to step, asking again before each, until the participant waits or leaves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from common.domain.caps import Cap, Reached, Then, reached
from common.domain.chart import Chart
from common.domain.conditions import Verdict
from common.domain.flow import MAX_STEPS
from common.domain.open_flow import OpenFlow
from common.domain.outcomes import GoTo, Leave, Outcome, Park, Perform, SuggestFor
from common.domain.participant import FINISH, QUEUE, Slot
from common.domain.performing import Counted, perform, suggest
from common.domain.permission import Permission
from common.domain.progress import Did, Gate, Progress
from common.domain.reasons import DropOut, Status
from common.domain.reassess import Drop, Pass, Succeed, address_digest, reassess, success_met
from common.domain.staff import NO_STAFF, Staff
from common.domain.steps import Scene

NOTHING_MORE: Mapping[str, Any] = {}


class EndlessFlow(Exception):
    """A participant passed more steps in one go than a flow can have: its chart leads in a circle."""

    def __init__(self, participant: str, flow: str) -> None:
        super().__init__(f"participant {participant} passed more than {MAX_STEPS} steps of {flow} in one go")
        self.participant = participant
        self.flow = flow


@dataclass(frozen=True, slots=True)
class Walk:
    """The way of one participant through one running flow at one moment.

    `blocked` holds blocked addresses by their `reassess.address_key`, `in_use` the digests of those that others hold.
    """

    flow: OpenFlow
    now: datetime
    blocked: Collection[str]
    in_use: Collection[str] = ()
    caps: Sequence[Cap] = ()
    staff: Staff = NO_STAFF

    @property
    def chart(self) -> Chart:
        return self.flow.chart

    def run_on(self, progress: Progress, target: str | None) -> Progress:
        """Enter `target` and go on from there; `None` stays. Raises `EndlessFlow`, and `KeyError` for a step
        that this version does not have."""
        moves = 0
        while target is not None:
            if (moves := moves + 1) > MAX_STEPS + 1:
                raise EndlessFlow(progress.participant.id, self.flow.id)
            progress = self._reassess(self._arrive(progress, target), target)
            if not progress.participant.active:
                return progress
            if target == FINISH:
                return self.finish(progress)
            step = self.chart.step(target)
            writes = step.writes_to(progress.contact)
            if writes and (opens := self.flow.opening(self.now)) > self.now:
                return self._wait_before(progress, opens, Gate.WINDOW)
            if writes and (full := self._full(progress)):
                if full.cap.then is Then.WAIT:
                    return self._wait_before(progress, full.until, Gate.CAP, full.why)
                progress, target = progress.tell(self.now, Did.SKIPPED, full.why), self.chart.after(target)
                continue
            progress, target = self._settle(progress, step.arrive(self._scene(progress)))
        return progress

    def enter(self, progress: Progress) -> Progress:
        """From the queue into the first step, or wait there for the flow to begin."""
        starts = self.flow.document.starts_at
        if starts is not None and starts > self.now:
            return self._wait_before(progress, starts, Gate.START)
        return self.run_on(progress, self.chart.first)

    def wake(self, progress: Progress) -> Progress:
        """The wait on which the participant stands is over."""
        progress = self._on_again(progress)
        if progress.participant.step == QUEUE:
            return self.enter(progress)
        if progress.participant.before:
            return self.run_on(progress, progress.participant.step)
        step = self.chart.step(progress.participant.step)
        return self.run_on(*self._settle(progress, step.wake(self._scene(progress))))

    def hear(self, progress: Progress, slots: dict[str, Slot]) -> Progress:
        """Actions were kept; the step on which the participant stands may listen for them."""
        outcome = self._heard(progress, slots)
        if outcome is None:
            return progress
        return self.run_on(*self._settle(self._on_again(progress), outcome))

    def outdated(self, progress: Progress) -> bool:
        """Whether the wait on which the participant stands was changed after it came there."""
        passage = progress.participant
        return passage.version < self.flow.version.changed_waits.get(passage.step, 0)

    def wait_anew(self, progress: Progress) -> Progress:
        """As if the wait had been set as it is now when the participant came: from that moment on (domain.md §14)."""
        progress = self._on_again(progress).but(until=None, due=None)
        step = self.chart.step(progress.participant.step)
        scene = self._scene(progress.but(slots={}))
        outcome = step.arrive(replace(scene, now=progress.participant.since))
        settled, target = self._settle(progress, outcome)
        return self.end_wait(settled) if isinstance(outcome, Park) else self.run_on(settled, target)

    def end_wait(self, progress: Progress) -> Progress:
        """By an action that came in time, or because its time is over; else the timer is armed."""
        until = progress.participant.until
        kept = progress.participant.slots.items()
        moved = self.hear(progress, {name: slot for name, slot in kept if in_time(until, slot)})
        if moved is not progress or until is None:
            return moved
        return self.wake(progress) if until <= self.now else progress.but(due=until)

    def listens(self, progress: Progress, name: str, slot: Slot) -> bool:
        """Whether this action ends the wait on which the participant stands."""
        return self._heard(progress, {name: slot}) is not None

    def ask_success(self, progress: Progress) -> Progress:
        """Success recorded or met by what the contact is, applied."""
        met = success_met(progress.participant, progress.contact, self.flow.document, self.now)
        return self.succeed(progress, met.verdict) if met else progress

    def succeed(self, progress: Progress, verdict: Verdict) -> Progress:
        """Record success, and finish if the flow moves to Finish for it."""
        progress = note_success(progress, self.now, verdict)
        return self.finish(progress) if self.flow.document.success.move_to_finish else progress

    def finish(self, progress: Progress) -> Progress:
        """Behind the last step, with the follow-on flow that belongs to the outcome."""
        success = progress.participant.succeeded_at is not None
        status = Status.FINISHED_WITH_SUCCESS if success else Status.FINISHED
        finish = self.flow.document.finish
        follow = finish.on_success if success else finish.otherwise
        version = self.flow.version.version
        if progress.participant.step != FINISH:
            progress = progress.pass_to(FINISH)
        progress = progress.left(status, self.now, step=FINISH, since=self.now, version=version)
        progress = progress.tell(self.now, Did.FINISHED, {"success": success})
        return suggest(progress, SuggestFor(flow=follow), self.now) if follow else progress

    def _full(self, progress: Progress) -> Reached | None:
        """The frequency cap that leaves no room for a message to the contact."""
        counted = self._counted
        return reached(counted.caps, progress.contact.recent, counted.subscription_type, self.now)

    @property
    def _counted(self) -> Counted:
        """Caps bind what needs consent; transactional flows override it."""
        email = self.flow.document.email
        free = email is not None and email.override_consent
        return Counted(() if free else self.caps, email.subscription_type if email else None)

    def _wait_before(
        self, progress: Progress, until: datetime, gate: Gate, why: Mapping[str, Any] = NOTHING_MORE
    ) -> Progress:
        """Before the step, which is not entered; then everything is asked again."""
        waiting = progress.but(until=until, due=until, before=gate is not Gate.START)
        return waiting.tell(self.now, Did.WAITS, {"until": until, "for": gate, **why})

    def _on_again(self, progress: Progress) -> Progress:
        """A wait lies behind the participant, and it goes on by this version."""
        return progress.but(depth=0, version=self.flow.version.version)

    def _heard(self, progress: Progress, slots: dict[str, Slot]) -> Outcome | None:
        place = self.chart.places.get(progress.participant.step)  # none in the queue
        return place.step.heard(self._scene(progress), slots) if place else None

    def _arrive(self, progress: Progress, target: str) -> Progress:
        return progress.pass_to(target).but(
            step=target,
            since=self.now,
            until=None,
            due=None,
            before=False,
            visits=progress.participant.visits + 1,
            version=self.flow.version.version,
        )

    def _reassess(self, progress: Progress, target: str) -> Progress:
        permission = Permission.NONE if target == FINISH else self.chart.step(target).permission
        result = reassess(
            progress.participant,
            progress.contact,
            self.flow.document,
            self.now,
            permission=permission,
            blocked=self.blocked,
            in_use=self.in_use,
        )
        match result:
            case Pass():
                mails = permission is Permission.EMAIL
                return progress.but(holds=address_digest(progress.contact)) if mails else progress
            case Drop(reason, seen):
                return self._drop(progress, reason, None, seen)
            case Succeed(verdict):
                progress = self.succeed(progress, verdict)
                return self._reassess(progress, target) if progress.participant.active else progress
        assert_never(result)

    def _settle(self, progress: Progress, outcome: Outcome) -> tuple[Progress, str | None]:
        """Do what a step answered; with the step to enter next, `None` if the participant stays or is out."""
        match outcome:
            case GoTo(step=step, why=why):
                return progress.tell(self.now, Did.WENT_ON, why), step
            case Park(until=until, why=why):
                waiting = progress.but(until=until, due=until)
                return waiting.tell(self.now, Did.WAITS, {"until": until, **why}), None
            case Perform(acts=acts, step=step, why=why):
                done = perform(progress, acts, self.now, self._counted, why)
                silent = done.entries == progress.entries
                return done.tell(self.now, Did.WENT_ON, why) if silent else done, step
            case Leave(reason=reason, acts=acts, text=text, why=why):
                return self._drop(perform(progress, acts, self.now, self._counted), reason, text, why), None
        assert_never(outcome)

    def _drop(self, progress: Progress, reason: DropOut, text: str | None, why: dict[str, Any]) -> Progress:
        progress = progress.left(Status.DROPPED_OUT, self.now, reason=reason, reason_text=text)
        return progress.tell(self.now, Did.DROPPED_OUT, {"reason": reason, "text": text, **why})

    def _scene(self, progress: Progress) -> Scene:
        return Scene(progress.participant, progress.contact, self.chart, self.now, self.staff)


def in_time(until: datetime | None, slot: Slot) -> bool:
    """A timer goes before an action of the same instant."""
    return until is None or slot.at < until


def note_success(progress: Progress, now: datetime, verdict: Verdict) -> Progress:
    """Record when success was met; what was recorded before stays."""
    if progress.participant.succeeded_at is not None:
        return progress
    seen = [line.model_dump(mode="json") for line in verdict.seen]
    return progress.but(succeeded_at=now).tell(now, Did.SUCCEEDED, {"seen": seen})
