"""Flows that start one another without end are cut short (architecture.md §3.11)."""

import pytest

from tests.integration.services.engine import Engine
from tests.support.flows import FlowBuilder, a_flow, line

pytestmark = pytest.mark.mongo

TENTH = "the tenth in a row raised by flows without a wait between"


def turns(here: str, there: str) -> FlowBuilder:
    """Whoever comes to be `here` is brought there."""
    is_here = {"kind": "contact_updated", "conditions": [line("contact.category", "is", here)]}
    return a_flow().triggered_by(is_here).update("turn", category=there)


async def test_two_flows_that_change_a_contact_back_and_forth_are_stopped_at_the_tenth(
    engine: Engine,
) -> None:
    await engine.runs("to-left", turns("Right", "Left"))
    await engine.runs("to-right", turns("Left", "Right"))
    await engine.contacts("loop-1", category="None")

    await engine.happens("contact.updated", "loop-1", category="Left")

    passages = [*await engine.passages("to-left"), *await engine.passages("to-right")]
    assert len(passages) == 10
    assert {passage["status"] for passage in passages} == {"finished"}
    refused = [
        (await engine.call("GET", f"/v1/reports/flows/{flow}"))["refused"]["loop"]
        for flow in ("to-left", "to-right")
    ]
    assert sorted(refused) == [0, 1]
    assert TENTH in await engine.why("loop-1")
    for flow in ("to-left", "to-right"):
        await engine.act(flow, "end")


async def run_both(engine: Engine, one: str, other: str, **length: int) -> None:
    """Two flows, each of which leads to the other; with a wait if it has a length."""
    for flow, following in ((one, other), (other, one)):
        built = a_flow().triggered_by({"kind": "manual"}).going_on_to(otherwise=following)
        await engine.design(flow, built.wait("rest", **length) if length else built.add_to("done"))
    for flow in (one, other):
        await engine.act(flow, "run")


async def test_two_flows_that_follow_on_one_another_are_stopped_at_the_tenth(engine: Engine) -> None:
    await run_both(engine, "hen", "egg")
    await engine.contacts("loop-2")

    await engine.suggests("hen", "loop-2")

    assert len(await engine.passages("hen")) == len(await engine.passages("egg")) == 5
    assert TENTH in await engine.why("loop-2", "hen")


async def test_a_wait_between_makes_it_no_loop(engine: Engine) -> None:
    await run_both(engine, "day", "night", hours=12)
    await engine.contacts("loop-3")
    await engine.suggests("day", "loop-3")

    await engine.pass_(days=8)

    assert len(await engine.passages("day")) + len(await engine.passages("night")) == 17
    assert TENTH not in await engine.why("loop-3")
    for flow in ("day", "night"):
        await engine.act(flow, "end")
