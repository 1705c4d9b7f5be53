"""What is worked out anew from what is kept is what the executor told, whatever has happened."""

import asyncio
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.domain.effect import EffectState
from common.domain.event import PARTICIPANT_REMOVED, SMS_REPORTED
from common.domain.reasons import FlowState
from common.messages.happened import OfMessage, ParticipantRemoved, from_record
from common.messages.record import Record
from services.reporting.truth import OfContact, told_of
from tests.support.flows import a_contact, a_flow, a_path, line
from tests.unit.services.memory_road import MemoryRoad

CLICK = {"kind": "link_clicked", "link": "offer"}
MAILED = EffectState.DONE, EffectState.FAILED, EffectState.IN_DOUBT, EffectState.WITHDRAWN

acts = st.one_of(
    st.tuples(st.just("order"), st.integers(0, 5000)),
    st.tuples(st.sampled_from(["sold", "created", "click", "open", "bot", "bounce", "report"]), st.just(0)),
    st.tuples(st.just("mailed"), st.sampled_from(MAILED)),
    st.tuples(st.just("wait"), st.integers(1, 60)),
    st.tuples(st.sampled_from(["pause", "resume", "remove", "keen", "retire", "end"]), st.just(0)),
)


def a_road(*, ends: bool) -> MemoryRoad:
    keen = a_path("keen-").mail("hello", step_id="keen-mail").wait("keen-rest", days=1)
    flow = (
        a_flow()
        .succeeding_by({"kind": "sale_created"}, move_to_finish=ends)
        .mail("hello", step_id="first")
        .wait_for(CLICK, step_id="act", max_wait={"days": 1}, on_timeout="exit")
        .split({"keen": ([line("contact.category", "is", "keen")], keen)}, step_id="which")
        .update("mark", category="cool")
        .wait("rest", hours=5)
    )
    return MemoryRoad(flow.open()).knows(a_contact())


class Story:
    def __init__(self, road: MemoryRoad) -> None:
        self.road = road
        self.events: list[Record] = []

    async def act(self, name: str, value: Any) -> None:
        road = self.road
        match name:
            case "order":
                await self._event("order.placed", amount=value / 100, currency="sek")
            case "sold" | "created":
                await self._event(f"sale.{name}", amount=1)
            case "click" | "open" | "bot" | "bounce" | "report":
                await self._about_mail(name)
            case "mailed":
                await self._mailed(value)
            case "wait":
                await road.after(hours=value).fire()
            case "pause" if road.flows and road.flows["test"].state is FlowState.RUNNING:
                road.pause()
            case "resume" if road.flows and road.flows["test"].state is FlowState.PAUSED:
                await road.resume()
            case "remove" if road.passages():
                passage = road.passages()[-1]
                await road.send(road.record(PARTICIPANT_REMOVED, participant=passage.id, flow="test"))
            case "keen":
                await self._event("contact.updated", category="keen")
            case "retire":
                await self._event("contact.updated", retired=True)
            case "end" if road.flows:
                await road.end()
        await road.run_on()

    async def _event(self, event_type: str, **data: Any) -> None:
        self.events.append(await self.road.happens(event_type, **data))

    async def _about_mail(self, name: str) -> None:
        if not self.road.effects.rows:
            return
        effect = list(self.road.effects.rows.values())[-1]
        if name == "report":
            told = {"effect": effect.id, "participant": effect.participant, "step": effect.step}
            await self.road.send(self.road.record(SMS_REPORTED, status="delivered", reason="", **told))
        elif name == "bounce":
            await self._event("mail.bounced", effect=effect.id)
        else:
            kind = "mail.opened" if name == "open" else "link.clicked"
            bot = {"bot": True} if name == "bot" else {}
            await self._event(kind, effect=effect.id, link="offer", **bot)

    async def _mailed(self, state: EffectState) -> None:
        sent = [p for p in self.road.passages() if p.last_message]
        if sent and len(self.road.passages()) == 1:
            effect = self.road.effects.rows[sent[0].last_message.effect]  # type: ignore[union-attr]
            reason = "no_consent" if state is EffectState.WITHDRAWN else "the server's words"
            await self.road.settle("1", state=state, step=effect.step, version=effect.version, reason=reason)

    def told(self) -> dict[str, Any]:
        """Without what the removal of a passage takes along."""
        facts = {record.id: record for record in self.road.told}
        gone = {f.participant for f in self.road.facts if isinstance(f, ParticipantRemoved)}
        return {
            fact: as_told(record)
            for fact, record in facts.items()
            if record.data.get("participant") not in gone
            or isinstance(from_record(record), OfMessage | ParticipantRemoved)
        }

    def worked_out(self) -> dict[str, Any]:
        road = self.road
        mine = [row for row in road.decisions.rows if row.contact == "1"]
        truth = OfContact("1", mine, road.passages(), road.effects.rows, self.events)
        return {record.id: as_told(record) for record in told_of(truth)}


def as_told(record: Record) -> tuple[Any, ...]:
    """Of an order or a sale, the version in which the passage stood then is kept nowhere else."""
    version = {"version"} if record.type == "revenue.followed.v1" else set()
    return record.type, record.time, {name: v for name, v in record.data.items() if name not in version}


@settings(max_examples=150, deadline=None)
@given(st.lists(acts, max_size=40), st.booleans())
def test_the_facts_follow_from_what_is_kept(done: list[tuple[str, Any]], ends: bool):
    async def play() -> Story:
        story = Story(a_road(ends=ends))
        for name, value in [("order", 100), *done]:
            await story.act(name, value)
        return story

    story = asyncio.run(play())
    assert story.worked_out() == story.told()


@pytest.mark.parametrize("seed", range(20))
def test_so_do_those_of_long_lives(seed: int):
    dice = random.Random(seed)
    often = ["order", "click", "created", "wait", "mailed", "open", "keen", "resume"]
    seldom = ["sold", "bot", "bounce", "report", "pause", "remove", "retire", "end"]

    async def play() -> Story:
        story = Story(a_road(ends=dice.random() < 0.5))
        await story.act("order", 100)
        for _ in range(40):
            name = dice.choice(seldom if dice.random() < 0.25 else often)
            values = {
                "order": dice.randrange(5000),
                "mailed": dice.choice(MAILED),
                "wait": dice.randrange(1, 40),
            }
            await story.act(name, values.get(name, 0))
        return story

    story = asyncio.run(play())
    assert story.worked_out() == story.told()
