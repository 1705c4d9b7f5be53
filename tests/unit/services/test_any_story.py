"""Whatever happens to whomever in whatever flows, decided by the services' own worlds: what always holds."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from common.domain.caps import Cap
from common.domain.decision import Verdict
from common.domain.life_cycle import Act, ActRefused
from common.domain.participant import Participant
from common.domain.reasons import FlowState, Status
from services.command_line.stories.stage import Stage
from services.executor.why import in_words
from tests.support.flows import START, country_is
from tests.support.random_flows import flows

PEOPLE = ("ada", "ben", "cyd")
FLOWS = ("one", "other")
CONSENT = {"consents": {"e_marketing": {"basis": "consent"}}}
CHANGES: list[dict[str, Any]] = [
    {"country": "SE"},
    {"country": "DE"},
    {"category": "Customer"},
    {"retired": True},
    {"email": None},
    {"email": "shared@example.org"},
    {"mobile": "+4915112345678"},
    {"consents": {}},
]
DEEDS: list[tuple[str, dict[str, Any]]] = [
    ("link.clicked", {"link": "offer"}),
    ("form.submitted", {"form": "rsvp"}),
]
EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("selection.added", {"selection": "staff"}),
    ("selection.removed", {"selection": "staff"}),
    ("contact.unsubscribed", {}),
    *(("contact.updated", change) for change in CHANGES),
]

Deed = Callable[[Stage], Coroutine[Any, Any, None]]


@st.composite
def two_flows(draw: st.DrawFn) -> dict[str, Any]:
    """Each may take people out of the other, and suggest them to it."""
    made = {}
    for name, neighbour in zip(FLOWS, reversed(FLOWS), strict=True):
        flow = draw(flows())
        follows = draw(st.none() | st.just(neighbour))
        flow.going_on_to(on_success=None, otherwise=follows)
        flow.having(once_only=draw(st.booleans()), removes_from=[neighbour] if draw(st.booleans()) else [])
        if draw(st.booleans()):
            flow.filtered(*country_is("DE"))
        made[name] = flow.build()
    return made


class Stories(RuleBasedStateMachine):
    @initialize(documents=two_flows(), capped=st.booleans())
    def begins(self, documents: dict[str, Any], capped: bool) -> None:
        caps = [Cap(most=1, days=2)] if capped else []
        self.runner = asyncio.Runner()
        self.anew = lambda: peopled(Stage(documents, START, caps))
        self.stage = self.anew()
        self.deeds: list[Deed] = []
        self.left: dict[str, Participant] = {}
        self.stood: dict[str, Participant] = {}
        for name in PEOPLE:
            self.orders(name)

    def does(self, deed: Deed) -> None:
        self.deeds.append(deed)
        self.runner.run(deed(self.stage))

    @rule(contact=st.sampled_from(PEOPLE))
    def orders(self, contact: str) -> None:
        """What starts both flows."""
        self.does(lambda stage: stage.happens("order.placed", contact, {"amount": 20}))

    @rule(contact=st.sampled_from(PEOPLE), done=st.sampled_from(DEEDS))
    def does_what_waits_listen_for(self, contact: str, done: tuple[str, dict[str, Any]]) -> None:
        self.does(lambda stage: stage.happens(done[0], contact, done[1]))

    @rule(contact=st.sampled_from(PEOPLE), event=st.sampled_from(EVENTS))
    def something_happens(self, contact: str, event: tuple[str, dict[str, Any]]) -> None:
        self.does(lambda stage: stage.happens(event[0], contact, event[1]))

    @rule(hours=st.integers(1, 30) | st.integers(1, 200))
    def time_passes(self, hours: int) -> None:
        self.does(lambda stage: stage.until(stage.now + timedelta(hours=hours)))

    @rule(
        act=st.sampled_from([*[Act.PAUSE, Act.RESUME] * 4, Act.END]),
        flow=st.sampled_from(FLOWS),
    )
    def somebody_acts(self, act: Act, flow: str) -> None:
        self.does(lambda stage: unless_refused(stage, act, flow))

    @property
    def people(self) -> list[Participant]:
        return list(self.stage.participants.rows.values())

    @invariant()
    def nobody_is_in_a_flow_twice(self) -> None:
        inside = Counter((each.contact, each.flow) for each in self.people if each.active)
        assert set(inside.values()) <= {1}

    @invariant()
    def who_left_says_how_and_stays_where_it_left(self) -> None:
        for each in self.people:
            assert each.active == (each.left_at is None)
            assert (each.status is Status.DROPPED_OUT) == (each.reason is not None)
            assert each.active or (each.due, each.until, each.held, each.holds) == (None, None, False, None)
            if not each.active:
                assert each.but(last_message=None) == self.left.setdefault(
                    each.id, each.but(last_message=None)
                )

    @invariant()
    def in_a_paused_or_ended_flow_nobody_moves(self) -> None:
        still = {name for name, flow in self.stage._stored.items() if flow.state is not FlowState.RUNNING}
        for each in self.people:
            before = self.stood.get(each.id)
            if each.active and each.flow in still and before is not None and before.active:
                assert (each.step, each.visits, each.since) == (before.step, before.visits, before.since)
        self.stood = {each.id: each for each in self.people if each.flow in still}

    @invariant()
    def nothing_that_was_due_is_left_undone(self) -> None:
        assert all(each.due is None or each.due > self.stage.now for each in self.people)

    @invariant()
    def an_address_is_written_to_for_one_passage_at_a_time(self) -> None:
        held = Counter(
            (each.flow, each.run, each.holds) for each in self.people if each.active and each.holds
        )
        assert set(held.values()) <= {1}

    @invariant()
    def everybody_s_way_is_told_from_enrolment_to_leaving(self) -> None:
        rows = self.stage.decisions.rows
        assert Counter(row.participant for row in rows if row.verdict is Verdict.ENROLLED) == Counter(
            each.id for each in self.people
        )
        assert all(in_words(row) for row in rows)
        gone = {row.participant for row in rows for entry in row.entries if entry.did in LEAVING}
        assert gone == {each.id for each in self.people if not each.active}

    def teardown(self) -> None:
        """What was done, done once more, comes to the same."""
        if not hasattr(self, "runner"):
            return
        with self.runner:
            again = self.anew()
            for deed in self.deeds:
                self.runner.run(deed(again))
        assert again.participants.rows == self.stage.participants.rows
        assert again.contacts.rows == self.stage.contacts.rows
        assert again.effects.rows == self.stage.effects.rows
        assert [row.but(id="") for row in again.decisions.rows] == [
            row.but(id="") for row in self.stage.decisions.rows
        ]


LEAVING = frozenset({"finished", "dropped_out", "cancelled"})


def peopled(stage: Stage) -> Stage:
    for name in PEOPLE:
        address = "shared@example.org" if name != "ada" else "ada@example.org"
        stage.knows(name, {"email": address, "country": "DE", **CONSENT})
    return stage


async def unless_refused(stage: Stage, act: Act, flow: str) -> None:
    try:
        await stage.act(act, flow)
    except ActRefused:
        return


Stories.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestStories = Stories.TestCase
