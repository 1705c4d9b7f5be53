"""What operators do with participants: one, several, or all who match."""

from datetime import timedelta
from typing import Any

import pytest

from services.executor import tasks
from tests.integration.services.engine import Engine
from tests.support.flows import a_flow

TASKS = "/v1/participants/tasks"


async def a_flow_of(engine: Engine, flow: str, *people: str) -> None:
    await engine.runs(flow, a_flow().triggered_by({"kind": "manual"}).once_only().wait("rest", days=7))
    await engine.contacts(*people)
    await engine.suggests(flow, *people)


async def does(engine: Engine, **asked: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await engine.call("POST", TASKS, json=asked)
    await engine.drain()
    return answer


async def test_all_who_match_are_removed_page_by_page_and_may_come_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "FRAME", 2)
    monkeypatch.setattr(tasks, "PAGES", 1)
    people = [f"gone-{n}" for n in range(5)]
    await a_flow_of(engine, "emptied", *people)
    asked = {"flow": "emptied", "task": {"kind": "remove"}, "matching": {"status": "active"}, "id": "away"}

    taken, after = 0, None
    while True:
        answer = await does(engine, **asked, after=after)
        taken, after = taken + answer["taken"], answer["next"]
        if after is None:
            break

    assert taken == 5
    assert await engine.passages("emptied") == []
    assert (await engine.call("GET", "/v1/reports/flows/emptied"))["enrolled"] == 0
    await engine.suggests("emptied", people[0])
    assert (await engine.passage("emptied", people[0]))["status"] == "active"


async def test_mail_planned_for_whoever_is_removed_never_leaves(engine: Engine) -> None:
    await engine.runs(
        "regretted", a_flow().triggered_by({"kind": "manual"}).mail("hello").wait("rest", days=7)
    )
    await engine.contacts("regrets")
    await engine.suggests("regretted", "regrets")
    effects, sent = engine.database["effects"], engine.mails("regrets")
    before = (await engine.call("GET", "/v1/reports/flows/regretted"))["enrolled"]
    await engine.act("regretted", "pause")
    back = {"$set": {"state": "planned"}, "$unset": {"ended_at": "", "settled_at": ""}}
    await effects.update_one({"contact": "regrets"}, back)

    await does(engine, flow="regretted", task={"kind": "remove"}, matching={})
    await engine.act("regretted", "resume")
    await engine.drain()

    row = await effects.find_one({"contact": "regrets"})
    assert row is not None and row["state"] == "withdrawn"
    assert engine.mails("regrets") == sent
    assert "the participant had been removed before it was sent" in await engine.why("regrets", "regretted")
    enrolled = (await engine.call("GET", "/v1/reports/flows/regretted"))["enrolled"]
    assert (before, enrolled) == (1, 0)


async def test_a_task_of_the_same_id_is_done_once(engine: Engine) -> None:
    await a_flow_of(engine, "listed", "listed-1", "listed-2")
    asked = {
        "flow": "listed", "task": {"kind": "add_to_selection", "selection": "staff"},
        "matching": {}, "id": "onto-staff",
    }  # fmt: skip

    first, again = await does(engine, **asked), await does(engine, **asked)

    assert (first["taken"], first["repeated"]) == (2, 0)
    assert (again["taken"], again["repeated"]) == (0, 2)
    assert (await engine.contact("listed-1"))["selections"] == ["staff"]


async def test_those_named_are_suggested_for_another_flow_and_its_filter_decides(engine: Engine) -> None:
    await engine.runs("other", a_flow().triggered_by({"kind": "manual"}).wait("rest", days=7))
    await a_flow_of(engine, "from", "from-1", "from-2")
    one = await engine.passage("from", "from-1")
    task = {"kind": "suggest_for_flow", "flow": "other"}

    answer = await does(engine, flow="from", task=task, participants=[one["id"], "nobody"])

    assert (answer["taken"], answer["unknown"]) == (1, ["nobody"])
    assert [row["contact"] for row in await engine.passages("other")] == ["from-1"]
    assert "suggested by flow from, key first key" in await engine.why("from-1", "other")


async def test_what_can_t_be_done_is_refused_with_its_field(engine: Engine) -> None:
    for flow in ("wrong", "still"):
        await engine.design(flow, a_flow().triggered_by({"kind": "manual"}).wait("rest", days=7))
    for task, status, told in (
        ({"kind": "add_to_selection", "selection": "nowhere"}, 422, "#/task/selection"),
        ({"kind": "suggest_for_flow", "flow": "nowhere"}, 422, "#/task/flow"),
        ({"kind": "suggest_for_flow", "flow": "wrong"}, 422, "#/task/flow"),
        ({"kind": "suggest_for_flow", "flow": "still"}, 409, "run it first"),
    ):
        answer = await engine.ask("POST", TASKS, json={"flow": "wrong", "task": task, "matching": {}})
        assert (answer.status_code, told in answer.text) == (status, True), answer.text


async def test_either_some_are_named_or_who_is_matching(engine: Engine) -> None:
    await engine.design("either", a_flow().triggered_by({"kind": "manual"}))
    for named in ({}, {"participants": ["p"], "matching": {}}):
        body = {"flow": "either", "task": {"kind": "remove"}, **named}
        assert (await engine.ask("POST", TASKS, json=body)).status_code == 422


async def test_participants_are_sorted_by_enrolment_and_filtered_by_step_run_and_address(
    engine: Engine,
) -> None:
    await a_flow_of(engine, "sorted", "sorted-1")
    await engine.contacts("sorted-2", "sorted-3")
    await engine.pass_(hours=1)
    await engine.suggests("sorted", "sorted-2", "sorted-3")

    async def found(**params: Any) -> list[str]:
        page = await engine.call("GET", "/v1/participants", params={"flow": "sorted", **params})
        return [row["contact"] for row in page["participants"]]

    assert (await found(sort="enrolled_at"))[0] == "sorted-1"
    assert (await found())[-1] == "sorted-1"
    assert await found(search="SORTED-2@example.org") == await found(search="sorted-2") == ["sorted-2"]
    assert len(await found(step="rest", run=1)) == 3
    assert await found(step="elsewhere") == await found(run=2) == await found(reason="excluded") == []
    for wrong in ("x", ".", "99999999999999999999.p"):
        answer = await engine.ask("GET", "/v1/participants", params={"flow": "sorted", "after": wrong})
        assert (answer.status_code, "#/after" in answer.text) == (422, True)


async def test_each_sort_shows_everybody_once_however_many_came_at_one_instant(engine: Engine) -> None:
    people = [f"at-once-{n}" for n in range(7)]
    await a_flow_of(engine, "at-once", *people[:4])
    await engine.pass_(seconds=timedelta(minutes=1).total_seconds())
    await engine.suggests("at-once", *people[3:])
    for sort in ("enrolled_at", "-enrolled_at"):
        params: dict[str, Any] = {"flow": "at-once", "limit": 3, "sort": sort}
        rows = []
        while True:
            page = await engine.call("GET", "/v1/participants", params=params)
            rows += page["participants"]
            if page["next"] is None:
                break
            params["after"] = page["next"]
        assert sorted(row["contact"] for row in rows) == people
        keys = [(row["enrolled_at"], row["id"]) for row in rows]
        assert keys == sorted(keys, reverse=sort.startswith("-"))
