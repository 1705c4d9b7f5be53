"""Whatever happens in whatever order: what always holds of a passage."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from common.domain import advance
from common.domain.participant import FINISH, QUEUE, Participant
from common.domain.reasons import DropOut, FlowState, Status
from tests.support.flows import (
    CLICK,
    CLICK_SLOT,
    FORM,
    FORM_SLOT,
    IS_CUSTOMER,
    START,
    FlowBuilder,
    Path,
    a_flow,
    a_path,
    country_is,
)
from tests.support.passages import Passage

ORDER = {"kind": "order_placed"}


def simple_steps(path: Path):
    """Ways to add one step to a path."""
    return st.sampled_from(
        [
            lambda: path.wait(days=3),
            lambda: path.wait(until=START + timedelta(days=10)),
            lambda: path.mail("hello", step_id=f"{path.prefix}mail-{len(path.steps)}"),
            lambda: path.wait_for(CLICK, FORM, on_timeout="exit", exit={"add_to_selection": "quiet"}),
            lambda: path.wait_for(CLICK, max_wait=None),
            lambda: path.update(category="Customer"),
            lambda: path.update(country="SE"),
            lambda: path.add_to("lapsed"),
            lambda: path.remove_from("lapsed"),
            lambda: path.exit(suggest_for="other"),
        ]
    )


@st.composite
def paths(draw, prefix: str, depth: int = 0):
    path = a_path(prefix)
    for number in range(draw(st.integers(0, 4))):
        if depth < 2 and draw(st.booleans()):
            inside = draw(paths(f"{prefix}a{number}-", depth + 1))
            otherwise = draw(paths(f"{prefix}b{number}-", depth + 1))
            path.split({"German": (country_is("DE"), inside)}, otherwise)
        else:
            draw(simple_steps(path))()
    return path


@st.composite
def flows(draw) -> FlowBuilder:
    flow = a_flow().excluding("staff").going_on_to(on_success="happy", otherwise="rest")
    draw(st.sampled_from([lambda: flow.wait(days=3), lambda: flow.wait_for(CLICK), lambda: None]))()
    flow.steps += draw(paths("s")).steps
    criteria = draw(st.lists(st.sampled_from([ORDER, IS_CUSTOMER]), max_size=2, unique_by=str))
    flow.having(starts_at=draw(st.none() | st.just(START + timedelta(days=2))))
    flow.mailing(
        window=draw(
            st.none() | st.just({"weekdays": ["monday", "friday"], "opens": "22:00", "closes": "04:00"})
        )
    )
    return flow.succeeding_by(*criteria, move_to_finish=draw(st.booleans()))


class Passages(RuleBasedStateMachine):
    @initialize(flow=flows(), paused=st.booleans())
    def enrolled(self, flow, paused):
        self.passage = Passage(flow.open())
        self.before: Participant = self.passage.participant
        if paused:
            self.passage.pause()
        self.was_paused = paused
        self.taken_out = False
        self.passage.begin()

    @property
    def paused(self) -> bool:
        return self.passage.flow.state is FlowState.PAUSED

    @rule(hours=st.integers(0, 200))
    def time_passes(self, hours):
        """Timers that fall due on the way are fired at their time, before anything else."""
        target = self.passage.now + timedelta(hours=hours)
        while (due := self.passage.participant.due) is not None and due <= target:
            before = self.passage.participant
            assert self.passage.fire().participant != before
        self.passage.at(target)

    @rule(slot=st.sampled_from([CLICK_SLOT, FORM_SLOT]))
    def does_something(self, slot):
        before = self.passage.participant
        self.passage.hear(slot)
        assert before.active or self.passage.participant is before

    @rule()
    def succeeds(self):
        self.passage.succeed()

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
            ]
        )
    )
    def contact_changes(self, fields):
        self.passage.changed(**fields)

    @precondition(lambda self: not self.paused)
    @rule()
    def flow_is_paused(self):
        self.passage.pause()

    @precondition(lambda self: self.paused)
    @rule(told=st.booleans())
    def flow_is_resumed(self, told):
        self.passage.reopen()
        if told:
            self.passage.caught_up()

    @rule()
    def told_of_the_resume_again(self):
        self.passage.caught_up()

    @rule()
    def timer_is_polled(self):
        before = self.passage.participant
        self.passage.at(self.passage.now)._took(
            advance.fire(before, self.passage.contact, self.passage.flow, self.passage.now)
        )

    @precondition(lambda self: self.passage.participant.active)
    @rule(ending=st.booleans())
    def is_taken_out(self, ending):
        participant, now = self.passage.participant, self.passage.now
        told = (
            advance.cancel(participant, now) if ending else advance.drop(participant, DropOut.EXCLUDED, now)
        )
        self.passage.participant = told.participant
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
        assert step.waits or (participant.before and step.kind == "send_email")
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


Passages.TestCase.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
TestPassages = Passages.TestCase
