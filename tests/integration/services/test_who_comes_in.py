"""Who becomes a participant, when, and what else that does (domain.md §3 and §4), over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.services.engine import Engine
from tests.support.flows import FlowBuilder, a_flow, country_is

pytestmark = pytest.mark.mongo


def by_hand() -> FlowBuilder:
    return a_flow().triggered_by({"kind": "manual"})


async def refusals(engine: Engine, flow: str, contact: str) -> list[str]:
    """Why it was not let in, each time."""
    told = await engine.call("GET", "/v1/why", params={"contact": contact, "flow": flow})
    return [row["reason"] for row in told["decisions"] if row["verdict"] == "refused"]


async def test_the_first_reason_that_applies_is_the_one_that_is_told(engine: Engine) -> None:
    """All of them apply to whoever was inside, moved away and joined the staff, the longer the more."""
    until = await engine.now() + timedelta(days=3)
    flow = by_hand().once_only().filtered(*country_is("DE")).excluding("staff").having(enrols_until=until)
    await engine.runs("strict", flow.wait("rest", days=1).mail("hello"))
    await engine.contacts("returning", country="DE")
    await engine.contacts("abroad", country="US", selections=["staff"])
    await engine.contacts("employed", country="DE", selections=["staff"])
    await engine.suggests("strict", "returning", "abroad", "employed")
    assert await refusals(engine, "strict", "abroad") == ["filter"]
    assert await refusals(engine, "strict", "employed") == ["exclusion_list"]

    await engine.happens("contact.updated", "returning", country="US")
    await engine.happens("selection.added", "returning", selection="staff")
    await engine.suggests("strict", "returning")
    await engine.pass_(days=1)
    await engine.suggests("strict", "returning")
    await engine.pass_(days=2)
    await engine.suggests("strict", "returning")

    expected = ["already_in_flow", "once_only", "enrolment_ended"]
    assert await refusals(engine, "strict", "returning") == expected
    assert (await engine.passage("strict", "returning"))["reason"] == "excluded"
    report = await engine.call("GET", "/v1/reports/flows/strict")
    assert (report["suggested"], report["enrolled"]) == (6, 1)
    why = await engine.why("abroad", "strict")
    assert "contact.country one_of ['DE']? It was 'US': no" in why


async def test_a_flow_that_has_ended_takes_nobody_and_running_again_it_still_knows_who_was_inside(
    engine: Engine,
) -> None:
    await engine.runs("ended", by_hand().once_only().wait("rest", days=1))
    await engine.contacts("early", "late")
    await engine.suggests("ended", "early")
    await engine.act("ended", "end")

    await engine.suggests("ended", "early", "late")
    assert [p["status"] for p in await engine.passages("ended")] == ["cancelled"]

    await engine.act("ended", "run")
    await engine.suggests("ended", "early", "late")

    statuses = {p["contact"]: p["status"] for p in await engine.passages("ended")}
    assert statuses == {"early": "cancelled", "late": "active"}
    assert (await refusals(engine, "ended", "early"))[-1] == "once_only"


async def test_who_has_left_may_come_again_and_nobody_is_inside_twice(engine: Engine) -> None:
    await engine.runs("returns", a_flow().wait("rest", days=1).mail("hello"))
    await engine.contacts("comes-back")
    orders = [
        {"id": f"twice-{number}", "type": "order.placed", "contact": "comes-back"} for number in range(3)
    ]
    await engine.call("POST", "/v1/events", json=orders)
    await engine.drain()
    assert [p["status"] for p in await engine.passages("returns")] == ["active"]

    await engine.pass_(days=1)
    await engine.happens("order.placed", "comes-back")

    first, second = await engine.passages("returns")
    assert (first["status"], second["status"]) == ("finished", "active")
    assert first["id"] != second["id"]
    assert await refusals(engine, "returns", "comes-back") == ["already_in_flow"] * 2


async def test_who_is_enrolled_drops_out_of_the_flows_that_this_one_takes_people_from(engine: Engine) -> None:
    for name in ("courted", "halted", "left-alone"):
        await engine.runs(name, by_hand().wait("rest", days=9))
    taking = by_hand().filtered(*country_is("DE")).having(removes_from=["courted", "halted"])
    await engine.runs("taking", taking.wait("rest", days=9))
    await engine.contacts("taken", country="DE")
    await engine.contacts("refused", country="US")
    for name in ("courted", "halted", "left-alone"):
        await engine.suggests(name, "taken", "refused")
    await engine.act("halted", "pause")

    await engine.suggests("taking", "taken", "refused")

    for name in ("courted", "halted"):
        rows = {p["contact"]: p for p in await engine.passages(name)}
        gone = rows["taken"]
        assert (gone["status"], gone["reason"]) == ("dropped_out", "removed_by_flow")
        assert gone["reason_text"] == "enrolled in flow taking"
        assert rows["refused"]["status"] == "active"
        assert "(enrolled in flow taking)" in await engine.why("taken", name)
    assert (await engine.passage("left-alone", "taken"))["status"] == "active"


async def test_before_its_start_people_queue_and_behind_its_end_nobody_comes_in(engine: Engine) -> None:
    now = await engine.now()
    dates: dict[str, Any] = {
        "starts_at": (now + timedelta(days=2)).isoformat(),
        "enrols_until": (now + timedelta(days=4)).isoformat(),
    }
    await engine.runs("fair", by_hand().having(**dates).mail("hello").wait("rest", days=5).mail("again"))
    await engine.contacts("eager", "in-time", "too-late")

    await engine.suggests("fair", "eager")
    row = await engine.passage("fair", "eager")
    assert (row["step"], row["until"], engine.mails("eager")) == ("start", iso(now, days=2), [])
    assert "waits for the flow to begin, before start until" in await engine.why("eager", "fair")

    await engine.pass_(days=2)
    assert engine.mails("eager") == ["hello"]
    await engine.suggests("fair", "in-time")
    assert (await engine.passage("fair", "in-time"))["step"] == "rest"

    await engine.pass_(days=2)
    await engine.suggests("fair", "too-late")
    assert await refusals(engine, "fair", "too-late") == ["enrolment_ended"]

    await engine.pass_(days=5)
    assert {p["contact"]: p["status"] for p in await engine.passages("fair")} == dict.fromkeys(
        ("eager", "in-time"), "finished"
    )
    assert engine.mails("in-time") == ["hello", "again"]


def iso(moment: Any, **later: float) -> str:
    return str((moment + timedelta(**later)).isoformat()).replace("+00:00", "Z")
