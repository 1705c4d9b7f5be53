"""Figures that are read equal what was told, however it came."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from common.adapters.mongo.collections import ensure_collections
from common.adapters.mongo.flows import version_document
from common.domain.flow import FlowVersion
from common.domain.ids import partition_of
from common.domain.reasons import DropOut, Refusal, Status
from common.domain.report_tables import FACTS, TABLES
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


def check_engagement(figures: Any, passages: list[Passage]) -> None:
    """Each mail that a person clicked in counts once; machines count apart."""
    for row in figures["messages"]:
        theirs = [p for p in passages if p.mails and p.mails[0][0] == row["content"]]
        people = [[bot for bot in p.clicks if not bot] for p in theirs]
        assert row["clicked"] == row["opened"] == len([clicks for clicks in people if clicks])
        assert row["clicks"] == sum(map(len, people))
        assert row["bot_clicks"] == sum(map(sum, (p.clicks for p in theirs)))
        assert row["click_rate"] == row["clicked"] / row["recipients"]
    rates = [row["click_rate"] for row in figures["top_emails"]]
    assert len(rates) == len(figures["messages"])
    assert rates == sorted(rates, reverse=True)


def check_steps(figures: Any, passages: list[Passage]) -> None:
    inside = [p for p in passages if p.refused is None and not p.removed]
    through = [p for p in inside if p.ends_on == "finish"]
    seconds = sum((p.left_at - p.enrolled_at).total_seconds() for p in through if p.left_at)
    rows = {row["step"]: row for row in figures["steps"]}
    assert [row["step"] for row in figures["steps"]] == ["start", "mail", "finish"]
    assert (rows["start"]["entered"], rows["start"]["standing"]) == (len(inside), 0)
    assert (rows["mail"]["entered"], rows["mail"]["passed"]) == (len(inside), len(through))
    assert rows["mail"]["standing"] == len([p for p in inside if p.status is Status.ACTIVE])
    assert rows["mail"]["dropped_out"] == len([p for p in inside if p.status is Status.DROPPED_OUT])
    assert rows["mail"]["average_seconds"] == seconds / len(through)
    assert rows["finish"]["entered"] == len(through)


def check_revenue(figures: Any, passages: list[Passage], window: int) -> None:
    inside = [p for p in passages if p.refused is None and not p.removed]
    within = [[amount for days, amount in p.orders if days <= window] for p in inside]
    (dollars,) = figures["currencies"]
    assert Decimal(dollars["revenue"]) == sum(Decimal(str(amount)) for p in within for amount in p)
    assert dollars["orders"] == sum(map(len, within))
    assert figures["buyers"] == len([p for p in within if p])
    assert figures["conversion"] == figures["buyers"] / len(inside)
    told = [Decimal(row["revenue"]) for row in figures["over_time"]]
    assert sum(told) == Decimal(dollars["revenue"])


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


def check_months(figures: Any, by_day: Any) -> None:
    """Months are what their days come to."""
    days: dict[str, Counter[str]] = defaultdict(Counter)
    for row in by_day["over_time"]:
        numbers = {name: number for name, number in row.items() if isinstance(number, int)}
        days[row["day"][:7]].update(numbers)
    months = {row["day"]: row for row in figures["over_time"]}
    assert list(months) == [f"{month}-01" for month in days]
    for month, numbers in days.items():
        assert {name: months[f"{month}-01"][name] for name in numbers} == numbers


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
        check_engagement(figures, expected)
        about = {"run": run} if run else {}
        check_steps(await reporting.read(f"{PATH}/{flow}/steps", **about), expected)
        months = await reporting.read(f"{PATH}/{flow}", **asked, by="month")
        check_months(months, figures)
        for window, by in ((7, "day"), (30, "month")):
            earned = await reporting.read(f"{PATH}/{flow}/revenue", **asked, window=window, by=by)
            check_revenue(earned, expected, window)
    lines = (await reporting.read(PATH))["items"]
    assert [line["flow"] for line in lines] == ["welcome", "winback"]
    for line in lines:
        check_totals(line, chosen(passages, line["flow"]))


async def test_each_partition_has_rows_of_its_own_and_each_fact_one_row(reporting: Reporting) -> None:
    facts = [enrolment(number) for number in range(30)]
    await reporting.told(facts)
    expected = Counter(partition_of(fact.contact or "", PARTITIONS) for fact in facts)
    database = reporting.process.database
    for grain in ("all", "month", "day", "hour"):
        found = database["report_flow_rollups"].find({"grain": grain})
        assert {row["partition"]: row["enrolled"] async for row in found} == expected
    kept = [row async for row in database["report_enrolments"].find()]
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
    answer = await reporting.ask(f"{PATH}/winback/revenue", window="8")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "window")


async def test_reports_need_a_key_for_them(reporting: Reporting) -> None:
    answer = await reporting.http.get(PATH, headers={"X-API-Key": "hr_unknown"})
    assert answer.status_code == 401


async def test_hours_and_days_are_those_of_the_flows_timezone_when_it_happened(reporting: Reporting) -> None:
    """In India the day, and its hours, begin at half past in UTC."""
    draft = a_flow("Tour").wait("month", days=30).build().but(timezone="Asia/Kolkata")
    frozen = FlowVersion(flow="tour", version=1, document=draft, frozen_at=START)
    await reporting.process.database["flow_versions"].insert_one(version_document(frozen))
    await reporting.process.stored_flows.create("tour", draft, at=START, by="test")
    evening = datetime(1997, 1, 1, 18, 45, tzinfo=UTC)
    await reporting.told([enrolment(1, "tour").but(time=evening)])
    asked = {"from": "1997-01-01", "to": "1997-01-02"}
    days = await reporting.read(f"{PATH}/tour", **asked)
    assert days["timezone"] == "Asia/Kolkata"
    assert [(row["day"], row["enrolled"]) for row in days["over_time"]] == [
        ("1997-01-01", 0),
        ("1997-01-02", 1),
    ]
    hours = await reporting.read(f"{PATH}/tour", **asked, by="hour")
    assert [row["start"] for row in hours["over_time"] if row["enrolled"]] == ["1997-01-01T18:30:00Z"]
    assert len(hours["over_time"]) == 48
    (step,) = [row async for row in reporting.process.database["report_steps"].find()]
    assert (step["_id"], step["step"], step["kind"], step["position"]) == (
        "tour:1:month",
        "month",
        "wait_time",
        1,
    )


async def test_every_row_has_the_columns_that_its_table_tells_of_and_no_others(reporting: Reporting) -> None:
    dice = random.Random(7)
    passages = [some_passage(dice) for _ in range(60)]
    await reporting.told([record for n, passage in enumerate(passages) for record in told_of(n, passage)])
    for table in TABLES.values():
        columns = {column.name for column in table.columns} - {table.key}
        needed = {column.name for column in table.columns if not column.nullable} - {table.key}
        async for row in reporting.process.database[table.name].find():
            assert row.keys() - {"_id", "v", "partition"} <= columns
            assert needed <= row.keys()
    counted = {
        table.name: await reporting.process.database[table.name].count_documents({}) for table in FACTS
    }
    assert [name for name, rows in counted.items() if not rows] == []


async def test_views_are_kept_as_this_release_has_them(reporting: Reporting) -> None:
    database = reporting.process.database
    await database.command("collMod", "report_contacts", viewOn="flows", pipeline=[])
    await ensure_collections(database)
    await ensure_collections(database)
    await database["contacts"].insert_one({"_id": "c", "country": "SE", "company": {"id": "acme"}})
    assert [row async for row in database["report_contacts"].find()] == [
        {"_id": "c", "country": "SE", "company": "acme", "retired": False, "no_mailing": False}
    ]


async def test_flows_are_compared_beside_each_other(reporting: Reporting) -> None:
    dice = random.Random(3)
    passages = [some_passage(dice) for _ in range(80)]
    await reporting.told([record for n, passage in enumerate(passages) for record in told_of(n, passage)])
    told = await reporting.read("/v1/reports/comparison", flow=["winback", "welcome"], window=90)
    assert [line["flow"] for line in told["flows"]] == ["winback", "welcome"]
    for line in told["flows"]:
        alone = await reporting.read(f"{PATH}/{line['flow']}/revenue", window=90)
        assert line["revenue"] == {"USD": alone["currencies"][0]["revenue"]}
        assert line["buyers"] == alone["buyers"]
        check_totals(line, chosen(passages, line["flow"]))
    assert (await reporting.ask("/v1/reports/comparison", flow="nowhere")).status_code == 404
    many = await reporting.ask("/v1/reports/comparison", flow=[f"flow-{n}" for n in range(21)])
    assert many.status_code == 422
