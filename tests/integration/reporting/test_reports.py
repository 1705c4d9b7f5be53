"""Figures that are read equal what was told, however it came."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from common.domain.ids import partition_of
from common.domain.reasons import DropOut, Refusal, Status
from common.messages.happened import ParticipantEnrolled, to_record
from common.messages.record import Record
from tests.integration.reporting.conftest import PARTITIONS, Reporting
from tests.integration.reporting.stories import (
    START,
    Passage,
    mails_by_state,
    some_passage,
    told_of,
)
from tests.support.flows import a_flow

PATH = "/v1/reports/flows"
ZEROS = {"done": 0, "failed": 0, "withdrawn": 0, "in_doubt": 0}


def enrolment(number: int, flow: str = "winback", days: int = 0) -> Record:
    fact = ParticipantEnrolled(flow=flow, run=1, version=1, participant=f"p{number}")
    return to_record(fact, f"contact-{number}", START + timedelta(days=days), f"cause-{number}")


def chosen(passages: Iterable[Passage], flow: str, run: int | None = None) -> list[Passage]:
    return [p for p in passages if p.flow == flow and run in (None, p.run)]


def check_totals(figures: Any, passages: list[Passage]) -> None:
    """The same numbers, counted from the stories."""
    inside = [p for p in passages if p.refused is None and not p.removed]
    statuses = Counter(p.status for p in inside)
    refusals = Counter(p.refused for p in passages)
    reasons = Counter(p.reason for p in inside)
    assert figures["enrolled"] == len(inside)
    assert figures["by_status"] == {status.value: statuses[status] for status in Status}
    assert figures["in_progress"] == statuses[Status.ACTIVE]
    assert figures["completed"] == statuses[Status.FINISHED] + statuses[Status.FINISHED_WITH_SUCCESS]
    assert figures["success_rate"] == statuses[Status.FINISHED_WITH_SUCCESS] / len(inside)
    assert figures["by_drop_out_reason"] == {reason.value: reasons[reason] for reason in DropOut}
    assert figures["refused"] == {reason.value: refusals[reason] for reason in Refusal}
    assert figures["suggested"] == len([p for p in passages if p.refused is not None]) + len(inside)
    assert figures["removed"] == len([p for p in passages if p.removed])


def check_messages(figures: Any, passages: list[Passage]) -> None:
    told = {row["content"]: row["by_state"] for row in figures["messages"]}
    assert told == {name: ZEROS | mails_by_state(passages, name) for name in ("thanks", "miss-you")}
    assert [row["content"] for row in figures["messages"]] == sorted(told)


def check_days(figures: Any, passages: list[Passage]) -> None:
    """Every day's row, and nothing outside of the days."""
    inside = [p for p in passages if p.refused is None and not p.removed]
    enrolled = Counter(p.enrolled_at.date().isoformat() for p in inside)
    refused = Counter(p.enrolled_at.date().isoformat() for p in passages if p.refused is not None)
    left = Counter((p.left_at.date().isoformat(), p.status.value) for p in inside if p.left_at)
    for row in figures["over_time"]:
        day = row["day"]
        assert row["enrolled"] == enrolled[day]
        assert row["refused"] == refused[day]
        assert row["suggested"] == enrolled[day] + refused[day]
        for status in ("finished", "finished_with_success", "dropped_out", "cancelled"):
            assert row[status] == left[day, status]
    assert sum(row["enrolled"] for row in figures["over_time"]) == len(inside)


async def test_figures_equal_the_stories_that_were_told_in_pieces(reporting: Reporting) -> None:
    dice = random.Random(1997)
    passages = [some_passage(dice) for _ in range(400)]
    facts = sorted(
        (record for n, passage in enumerate(passages) for record in told_of(n, passage)),
        key=lambda record: record.time,
    )
    for start in range(0, len(facts), 150):
        await reporting.told(facts[start : start + 150])
    for flow, run in [("winback", None), ("winback", 1), ("winback", 2), ("welcome", None)]:
        asked = {"from": "1997-01-01", "to": "1997-06-30"} | ({"run": run} if run else {})
        figures = await reporting.read(f"{PATH}/{flow}", **asked)
        expected = chosen(passages, flow, run)
        assert (figures["flow"], figures["run"]) == (flow, run)
        check_totals(figures, expected)
        check_messages(figures, expected)
        check_days(figures, expected)
    lines = (await reporting.read(PATH))["items"]
    assert [line["flow"] for line in lines] == ["welcome", "winback"]
    for line in lines:
        check_totals(line, chosen(passages, line["flow"]))


async def test_each_partition_has_rows_of_its_own_and_each_fact_one_row(reporting: Reporting) -> None:
    facts = [enrolment(number) for number in range(30)]
    await reporting.told(facts)
    expected = Counter(partition_of(fact.contact or "", PARTITIONS) for fact in facts)
    database = reporting.process.database
    rows = {row["partition"]: row["enrolled"] async for row in database["rollups"].find()}
    assert rows == expected
    kept = [row async for row in database["facts"].find()]
    assert {row["_id"] for row in kept} == {fact.id for fact in facts}
    assert {row["participant"] for row in kept} == {f"p{number}" for number in range(30)}
    assert all(row["day"] == START.replace(hour=0) and row["at"] == START for row in kept)


async def test_a_fact_told_again_is_counted_once(reporting: Reporting) -> None:
    await reporting.told([enrolment(1), enrolment(1)])
    await reporting.told([enrolment(1), enrolment(2)])
    assert (await reporting.read(f"{PATH}/winback"))["enrolled"] == 2


async def test_what_is_no_fact_is_parked_and_its_neighbours_count(reporting: Reporting) -> None:
    stray = Record(id="stray", type="order.placed", source="shop", contact="contact-1", time=START)
    dotted = enrolment(3).but(id="odd", data={"flow": "a.b$c", "run": 1, "version": 1, "participant": "p3"})
    await reporting.told([enrolment(1), stray, dotted, enrolment(2)])
    assert (await reporting.read(f"{PATH}/winback"))["enrolled"] == 2
    assert [row["record"]["id"] async for row in reporting.process.database["parked"].find()] == ["stray"]
    assert (await reporting.read(f"{PATH}/a.b$c"))["enrolled"] == 1


async def test_totals_reach_behind_the_days_asked_for(reporting: Reporting) -> None:
    await reporting.told([enrolment(n, days=n) for n in range(10)])
    figures = await reporting.read(f"{PATH}/winback", **{"from": "1997-01-03", "to": "1997-01-04"})
    assert figures["enrolled"] == 10
    assert [(row["day"], row["enrolled"]) for row in figures["over_time"]] == [
        ("1997-01-03", 1),
        ("1997-01-04", 1),
    ]


async def test_a_flow_that_exists_and_has_done_nothing_has_zeros(reporting: Reporting) -> None:
    draft = a_flow("Win back").wait("month", days=30).build()
    await reporting.process.stored_flows.create("quiet", draft, at=START, by="test")
    figures = await reporting.read(f"{PATH}/quiet")
    assert (figures["enrolled"], figures["suggested"], figures["success_rate"]) == (0, 0, None)
    assert (len(figures["over_time"]), figures["messages"]) == (90, [])


async def test_a_flow_never_heard_of_is_not_found(reporting: Reporting) -> None:
    answer = await reporting.ask(f"{PATH}/nowhere")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:headrace:problem:not-found")


async def test_pages_hold_all_flows_once(reporting: Reporting) -> None:
    draft = a_flow("Quiet").wait("month", days=30).build()
    for name in ("b", "d"):
        await reporting.process.stored_flows.create(name, draft, at=START, by="test")
    await reporting.told([enrolment(n, flow) for n, flow in enumerate(("a", "b", "c", "e"))])
    seen, after = [], None
    while True:
        page = await reporting.read(PATH, limit=2, **({"after": after} if after else {}))
        seen += [(line["flow"], line["enrolled"]) for line in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [("a", 1), ("b", 1), ("c", 1), ("d", 0), ("e", 1)]


async def test_what_can_not_be_answered_is_named(reporting: Reporting) -> None:
    await reporting.told([enrolment(1)])
    asked = [
        ({"from": "1997-02-30"}, "from"),
        ({"from": "1990-01-01", "to": "1998-01-01"}, "from"),
        ({"from": "1998-01-02", "to": "1998-01-01"}, "from"),
        ({"run": "0"}, "run"),
    ]
    for params, name in asked:
        answer = await reporting.ask(f"{PATH}/winback", **params)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == name


async def test_reports_need_a_key_for_them(reporting: Reporting) -> None:
    answer = await reporting.http.get(PATH, headers={"X-API-Key": "hr_unknown"})
    assert answer.status_code == 401
