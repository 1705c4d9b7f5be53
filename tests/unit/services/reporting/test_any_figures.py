"""Whatever happens in any flow, however it is batched and repeated: figures are what simple counting comes to."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from common.domain.flow_book import FlowBook
from common.domain.rollups import Grain
from common.messages.record import Record
from common.runtime.handler import Batch
from services.reporting.worker import ReportingHandler
from tests.support.flows import START, a_contact
from tests.support.random_flows import flows
from tests.unit.services.memory_road import MemoryRoad
from tests.unit.services.reporting.memory_reports import MemoryReports
from tests.unit.services.reporting.test_truth import Story, acts

Figures = Mapping[tuple[Any, ...], Mapping[str, Any]]
OPEN, CLICK = "open", "click"


class OneZone:
    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    async def zones(self, named: Iterable[Any]) -> Mapping[Any, ZoneInfo]:
        return dict.fromkeys(named, self._zone)


async def counted(zone: ZoneInfo, batches: Sequence[Sequence[Record]]) -> MemoryReports:
    """By the service's own worlds."""
    reports = MemoryReports()
    handler = ReportingHandler(reports, OneZone(zone))  # type: ignore[arg-type]
    for records in batches:
        world = await handler.load(
            Batch(partition=0, now=START, book=FlowBook(0, ()), records=records, timers=())
        )
        for record in records:
            world.decide(record)
        for write in world.outcome().writes:
            for operation in write.operations:
                operation()
    return reports


def figures(reports: MemoryReports, grain: Grain) -> Figures:
    found = {}
    for (row, of, start), tally in reports.counts.items():
        if of is grain and (left := {name: number for name, number in tally.items() if number}):
            about = tuple(getattr(row, name) for name in row.__dataclass_fields__)
            found[type(row).__name__, *about, start[:10] if grain is Grain.DAY else ""] = left
    return found


class Naive:
    """Counts what was told, one after the other, each once."""

    def __init__(self, told: Sequence[Record], zone: ZoneInfo) -> None:
        self._zone = zone
        self.counts: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
        facts = {record.id: record for record in told}.values()
        gone = {r.data["participant"] for r in facts if r.type == "participant.removed.v1"}
        self._messages: dict[str, list[Record]] = defaultdict(list)
        self._bought: dict[str, list[Record]] = defaultdict(list)
        for record in facts:
            name = record.type.split(".")[0]
            of_gone = record.data.get("participant") in gone
            if name == "message":
                self._messages[record.data["effect"]].append(record)
            elif not of_gone or record.type == "participant.removed.v1":
                getattr(self, record.type.removesuffix(".v1").replace(".", "_"))(record, record.data)
        for records in self._messages.values():
            self._message(records)
        for orders in self._bought.values():
            self._buyer(min(orders, key=lambda record: (record.time, record.id)))

    def add(
        self, at: datetime, kind: str, data: Any, about: Sequence[Any], counter: str, by: Any = 1
    ) -> None:
        for day in ("", at.astimezone(self._zone).date().isoformat()):
            self.counts[kind, data["flow"], data["run"], *about, day][counter] += by

    def participant_enrolled(self, record: Record, data: Any) -> None:
        self.add(record.time, "FlowRow", data, [], "enrolled")
        self.add(record.time, "StepRow", data, ["start"], "entered")

    def participant_succeeded(self, record: Record, data: Any) -> None:
        self.add(record.time, "FlowRow", data, [], "succeeded")

    def participant_removed(self, record: Record, data: Any) -> None:
        self.add(record.time, "FlowRow", data, [], "removed")

    def participant_left(self, record: Record, data: Any) -> None:
        self.add(record.time, "FlowRow", data, [], data["status"])
        self.add(record.time, "StepRow", data, [data["step"]], data["status"])
        if "reason" in data:
            self.add(record.time, "FlowRow", data, [], f"dropped_out_{data['reason']}")

    def suggestion_refused(self, record: Record, data: Any) -> None:
        self.add(record.time, "FlowRow", data, [], f"refused_{data['reason']}")

    def step_passed(self, record: Record, data: Any) -> None:
        self.add(record.time, "StepRow", data, [data["step"]], "passed")
        spent = int((record.time - data["entered_at"]) / timedelta(seconds=1))
        self.add(record.time, "StepRow", data, [data["step"]], "seconds", spent)
        self.add(record.time, "StepRow", data, [data["next_step"]], "entered")

    def revenue_followed(self, record: Record, data: Any) -> None:
        amount = Decimal(str(data.get("amount", 0)))
        self.add(record.time, "RevenueRow", data, self._revenue(record), "events")
        self.add(record.time, "RevenueRow", data, self._revenue(record), "amount", amount)
        if data["kind"] in ("order", "sale_sold"):
            self._bought[data["participant"]].append(record)
            for days in (1, 7, 14, 30, 60, 90, 180, 365):
                if record.time - data["enrolled_at"] <= timedelta(days=days):
                    self.add(record.time, "EarnedRow", data, [data["currency"]], f"within_{days}", amount)

    def _revenue(self, record: Record) -> list[Any]:
        after = (record.time - record.data["enrolled_at"]) / timedelta(days=1)
        window = min(days for days in (1, 7, 14, 30, 60, 90, 180, 365) if after <= days)
        return [record.data["kind"], record.data["currency"], window]

    def _buyer(self, first: Record) -> None:
        self.add(first.time, "RevenueRow", first.data, self._revenue(first), "buyers")

    def _message(self, records: Sequence[Record]) -> None:
        about = [records[0].data["channel"], records[0].data["content"]]
        settled = [record for record in records if record.type == "message.settled.v1"]
        settled.sort(key=lambda record: record.data["state"] == "in_doubt")
        for record in settled[:1]:
            self.add(record.time, "ContentRow", record.data, about, record.data["state"])
        engaged = [record for record in records if record.type == "message.engaged.v1"]
        for record in engaged:
            by = "bot_" if record.data["bot"] else ""
            self.add(record.time, "ContentRow", record.data, about, f"{by}{record.data['kind']}s")
        people = [record for record in engaged if not record.data["bot"]]
        self._first("opened", people, about)
        self._first("clicked", [record for record in people if record.data["kind"] == CLICK], about)
        for fate in ("delivered", "bounced", "complained"):
            self._first(fate, [record for record in records if record.data.get("fate") == fate], about)

    def _first(self, counter: str, records: Sequence[Record], about: Sequence[Any]) -> None:
        if records:
            first = min(records, key=lambda record: record.time)
            self.add(first.time, "ContentRow", first.data, about, counter)

    def figures(self, *, days: bool) -> Figures:
        found = {place: {name: n for name, n in tally.items() if n} for place, tally in self.counts.items()}
        return {place: tally for place, tally in found.items() if tally and bool(place[-1]) is days}


def hours_in_all(reports: MemoryReports) -> Figures:
    sums: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for (row, grain, _), tally in reports.counts.items():
        if grain is Grain.HOUR:
            about = tuple(getattr(row, name) for name in row.__dataclass_fields__)
            sums[type(row).__name__, *about, ""].update(tally)
    found = {place: {name: n for name, n in tally.items() if n} for place, tally in sums.items()}
    return {place: tally for place, tally in found.items() if tally}


@settings(max_examples=60, deadline=None)
@given(
    flows(), st.lists(acts, max_size=30), st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1)
)
def test_counts_are_what_simple_counting_comes_to(
    flow: Any, done: list[tuple[str, Any]], batching: list[tuple[int, bool]]
) -> None:
    zone = ZoneInfo(flow.build().zone)

    async def play() -> tuple[MemoryReports, Sequence[Record]]:
        story = Story(MemoryRoad(flow.open()).knows(a_contact()))
        for name, value in [("order", 100), *done, ("order", 4250)]:
            await story.act(name, value)
        told = story.road.told
        return await counted(zone, batched(told, batching)), told

    reports, told = asyncio.run(play())
    naive = Naive(told, zone)
    assert figures(reports, Grain.ALL) == naive.figures(days=False)
    assert figures(reports, Grain.DAY) == naive.figures(days=True)
    assert hours_in_all(reports) == naive.figures(days=False)


def batched(told: Sequence[Record], batching: Sequence[tuple[int, bool]]) -> list[Sequence[Record]]:
    """In batches of these sizes, over and over; some come twice."""
    batches: list[Sequence[Record]] = []
    start = number = 0
    while start < len(told):
        size, twice = batching[number % len(batching)]
        batches += [told[start : start + size]] * (2 if twice else 1)
        start, number = start + size, number + 1
    return batches
