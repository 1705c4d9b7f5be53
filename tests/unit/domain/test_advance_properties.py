"""Whatever happens in whatever order: what always holds of a passage."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from common.domain import advance
from common.domain.caps import Cap, Then
from common.domain.participant import FINISH, QUEUE, Participant
from common.domain.permission import Permission
from common.domain.reasons import DropOut, FlowState, Status
from tests.support.flows import CLICK_SLOT, FORM_SLOT, a_contact
from tests.support.passages import Passage
from tests.support.random_flows import flows

CAPS = [(), (Cap(most=1, days=2),), (Cap(most=2, days=30, then=Then.SKIP),)]


class Passages(RuleBasedStateMachine):
    @initialize(flow=flows(), paused=st.booleans(), caps=st.sampled_from(CAPS), mobile=st.booleans())
    def enrolled(self, flow, paused, caps, mobile):
        contact = a_contact(mobile="+4915112345678" if mobile else None, custom={"ends": "2026-03-20"})
        self.anew = lambda: Passage(flow.open(), contact).capped(*caps)
        self.acts: list[Callable[[Passage], Any]] = []
        self.passage = self.anew()
        self.before: Participant = self.passage.participant
        if paused:
            self.play(Passage.pause)
        self.was_paused = paused
        self.taken_out = False
        self.play(Passage.begin)

    def play(self, act: Callable[[Passage], Any]) -> None:
        """Let it happen, and write down that it did."""
        self.acts.append(act)
        act(self.passage)

    def teardown(self):
        """What was written down, played once more, comes to the same."""
        if not hasattr(self, "passage"):
            return
        again = self.anew()
        for act in self.acts:
            act(again)
        for each in ("participant", "contact", "effects", "raised", "suggested", "entries"):
            assert getattr(again, each) == getattr(self.passage, each), each

    @property
    def paused(self) -> bool:
        return self.passage.flow.state is FlowState.PAUSED

    @rule(hours=st.integers(0, 200))
    def time_passes(self, hours):
        """Timers that fall due on the way are fired at their time, before anything else."""
        target = self.passage.now + timedelta(hours=hours)
        while (due := self.passage.participant.due) is not None and due <= target:
            before = self.passage.participant
            self.play(Passage.fire)
            assert self.passage.participant != before
        self.play(lambda passage: passage.at(target))

    @rule(slot=st.sampled_from([CLICK_SLOT, FORM_SLOT]))
    def does_something(self, slot):
        before = self.passage.participant
        self.play(lambda passage: passage.hear(slot))
        assert before.active or self.passage.participant is before

    @rule()
    def succeeds(self):
        self.play(Passage.succeed)

    @rule(
        fields=st.sampled_from(
            [
                {"retired": True},
                {"selections": ["staff"]},
                {"selections": []},
                {"country": "US"},
                {"category": "Customer"},
                {"category": "Lead"},
                {"consents": {}},
                {"email": None},
                {"mobile": None},
                {"no_mailing": True},
                {"custom": {"ends": "2026-04-01"}},
            ]
        )
    )
    def contact_changes(self, fields):
        self.play(lambda passage: passage.changed(**fields))

    @precondition(lambda self: not self.paused)
    @rule()
    def flow_is_paused(self):
        self.play(Passage.pause)

    @precondition(lambda self: self.paused)
    @rule(told=st.booleans())
    def flow_is_resumed(self, told):
        self.play(Passage.reopen)
        if told:
            self.play(Passage.caught_up)

    @rule()
    def told_of_the_resume_again(self):
        self.play(Passage.caught_up)

    @rule()
    def timer_is_polled(self):
        self.play(polled)

    @precondition(lambda self: self.passage.participant.active)
    @rule(ending=st.booleans())
    def is_taken_out(self, ending):
        self.play(cancelled if ending else excluded)
        self.taken_out = True

    @invariant()
    def what_comes_after_fits_what_was_before(self):
        before, after = self.before, self.passage.participant
        if not before.active:
            assert after == before
        assert before.since <= after.since <= self.passage.now
        if self.was_paused and self.paused and not self.taken_out:
            assert after.status is before.status
            assert (after.step, after.visits, after.since) == (before.step, before.visits, before.since)
        self.before, self.was_paused = after, self.paused

    @invariant()
    def entries_are_in_the_order_of_time(self):
        times = [entry.at for entry in self.passage.entries]
        assert times == sorted(times)
        left_at = self.passage.participant.left_at
        assert left_at is None or left_at >= self.passage.participant.since

    @invariant()
    def effects_and_keys_are_told_once(self):
        effects = [effect.id for effect in self.passage.effects]
        keys = [thing.key for thing in (*self.passage.raised, *self.passage.suggested)]
        assert len(set(effects)) == len(effects)
        assert len(set(keys)) == len(keys)

    @invariant()
    def a_timer_is_armed_only_where_somebody_waits(self):
        participant = self.passage.participant
        if participant.due is not None:
            assert participant.active
            assert not participant.held
            assert participant.due == participant.until
            assert participant.step != FINISH

    @invariant()
    def an_active_participant_stands_on_a_wait_or_in_the_queue(self):
        participant = self.passage.participant
        if not participant.active:
            return
        if participant.step == QUEUE:
            assert participant.held or participant.due == self.passage.flow.document.starts_at
            return
        step = self.passage.flow.chart.step(participant.step)
        assert step.waits or (participant.before and step.permission is not Permission.NONE)
        fallen = participant.until is not None and participant.due is None
        assert participant.held or not fallen

    @invariant()
    def who_left_says_how(self):
        participant = self.passage.participant
        assert participant.active == (participant.left_at is None)
        assert (participant.status is Status.DROPPED_OUT) == (participant.reason is not None)
        if participant.status in (Status.FINISHED, Status.FINISHED_WITH_SUCCESS):
            assert participant.step == FINISH
            successful = participant.succeeded_at is not None
            assert successful == (participant.status is Status.FINISHED_WITH_SUCCESS)


def polled(passage: Passage) -> None:
    """Asked at a moment that need not be that of its timer."""
    passage._took(
        advance.fire(passage.participant, passage.contact, passage.flow, passage.now, caps=passage.caps)
    )


def cancelled(passage: Passage) -> None:
    passage.participant = advance.cancel(passage.participant, passage.now).participant


def excluded(passage: Passage) -> None:
    passage.participant = advance.drop(passage.participant, DropOut.EXCLUDED, passage.now).participant


Passages.TestCase.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
TestPassages = Passages.TestCase
