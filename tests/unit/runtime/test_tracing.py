"""Traces: what is marked, which spans come out of it, and that nothing happens when nobody looks."""

from collections.abc import Sequence
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import APIRouter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from common.domain.effect import Effect
from common.messages.record import Record
from common.messages.topology import Service
from common.runtime.intake import Intake
from common.runtime.keys import KeyRing
from common.runtime.serve import App, api
from common.runtime.settings import OtelSettings, Settings
from common.runtime.tracing import MOST_LINKS, UNWATCHED, OpenTelemetry, open_tracing

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TRACE = "0af7651916cd43dd8448eb211c80319c"
GIVEN = f"00-{TRACE}-b7ad6b7169203331-01"


class Watched:
    """Tracing whose spans can be read."""

    def __init__(self, sample: float = 1.0) -> None:
        self._exporter = InMemorySpanExporter()
        self.tracing = OpenTelemetry(self._exporter, sample)

    async def spans(self) -> Sequence[ReadableSpan]:
        await self.tracing.close()
        return self._exporter.get_finished_spans()


class Keeping:
    """An archive that keeps what it accepts."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    async def accept(self, records: Sequence[Record]) -> Sequence[bool]:
        self.records += records
        return [True] * len(records)

    def raised(self, records: object) -> Sequence[object]:
        return []


def a_record(number: int = 1, trace: str | None = None) -> Record:
    return Record(id=f"r{number}", type="order.placed", source="shop", contact="c", time=NOW, trace=trace)


def an_effect(trace: str | None) -> Effect:
    return Effect(
        id="e", partition=0, channel="email", flow="f", run=1, version=2, participant="p", contact="c",
        step="s", content="hello", content_version=1, planned_at=NOW, trace=trace,
    )  # fmt: skip


def mark(number: int) -> str:
    return f"00-{number:032x}-{number:016x}-01"


def trace_id(span: ReadableSpan) -> str:
    return f"{span.get_span_context().trace_id:032x}"


async def test_records_carry_the_trace_of_the_request_that_brought_them():
    watched, archive = Watched(sample=0.0), Keeping()
    intake = Intake(archive, tracing=watched.tracing)
    with watched.tracing.request("POST", GIVEN):
        await intake.submit([a_record()])

    (record,) = archive.records
    request, inside = sorted(await watched.spans(), key=lambda span: span.start_time or 0)

    assert record.trace == f"00-{TRACE}-{inside.get_span_context().span_id:016x}-01"
    assert [trace_id(request), trace_id(inside)] == [TRACE, TRACE]
    assert inside.parent == request.get_span_context()


async def test_what_is_not_sampled_is_not_marked():
    watched, archive = Watched(sample=0.0), Keeping()
    await Intake(archive, tracing=watched.tracing).submit([a_record()])

    assert archive.records[0].trace is None
    assert await watched.spans() == ()


async def test_every_marked_record_of_a_batch_gets_a_span_in_its_own_trace():
    watched = Watched(sample=0.0)
    records = [a_record(n, mark(n) if n % 2 else None) for n in range(1, 8)]
    with watched.tracing.batch(Service.FILTER, 3, records, 0):
        watched.tracing.note(outcome="done")

    spans = {trace_id(span): span for span in await watched.spans()}
    batch = spans[f"{1:032x}"]

    assert set(spans) == {f"{n:032x}" for n in (1, 3, 5, 7)}
    assert {span.name for span in spans.values()} == {"filter"}
    assert dict(batch.attributes or {}) == {
        "headrace.partition": 3,
        "headrace.records": 7,
        "headrace.timers": 0,
        "headrace.outcome": "done",
    }
    linked = [span.links[0].context.span_id for span in spans.values() if span is not batch]
    assert linked == [batch.get_span_context().span_id] * 3


async def test_a_batch_of_many_marked_records_makes_only_so_many_spans():
    watched = Watched()
    with watched.tracing.batch(Service.TRIGGER, 0, [a_record(n, mark(n)) for n in range(1, 501)], 0):
        pass

    assert len(await watched.spans()) == MOST_LINKS


async def test_a_batch_that_nobody_follows_makes_no_span():
    watched = Watched()
    with watched.tracing.batch(Service.TRIGGER, 0, [a_record()], 0) as marked:
        watched.tracing.note(outcome="done")

    assert marked is None
    assert await watched.spans() == ()


async def test_what_timers_lead_to_carries_the_trace_of_their_batch():
    watched = Watched()
    with watched.tracing.batch(Service.EXECUTOR, 0, [], 2) as marked:
        pass

    (span,) = await watched.spans()
    assert marked is not None
    assert marked.split("-")[1] == trace_id(span)


async def test_a_message_is_sent_in_the_trace_of_what_planned_it():
    watched = Watched(sample=0.0)
    for trace in (GIVEN, None):
        with watched.tracing.effect(an_effect(trace)):
            watched.tracing.note(delivery="accepted")

    (span,) = await watched.spans()
    assert (span.name, trace_id(span)) == ("send email", TRACE)
    assert (span.attributes or {})["headrace.delivery"] == "accepted"


async def test_requests_are_traced_over_http_by_their_route(monkeypatch: pytest.MonkeyPatch):
    watched = Watched(sample=0.0)
    routes = APIRouter()

    @routes.get("/v1/things/{thing}")
    async def read(thing: str) -> str:
        return thing

    app = App(name="test", routers=[routes], keys=KeyRing(NoKeys()), tracing=watched.tracing)
    transport = httpx.ASGITransport(api(app, Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for path in ("/v1/things/4", "/livez"):
            await client.get(path, headers={"traceparent": GIVEN})

    (span,) = await watched.spans()
    assert (span.name, trace_id(span)) == ("GET", TRACE)
    assert (span.attributes or {})["headrace.route"] == "/v1/things/{thing}"


class NoKeys:
    async def find(self, sha256: str) -> None:
        return None

    async def all(self) -> Sequence[object]:
        return ()

    async def add(self, key: object) -> None: ...

    async def remove(self, key: str) -> bool:
        return False


def test_without_an_endpoint_nothing_is_traced():
    tracing = open_tracing(OtelSettings())

    assert tracing is UNWATCHED
    with tracing.batch(Service.TRIGGER, 0, [a_record(trace=GIVEN)], 0) as marked:
        assert marked is None


async def test_an_endpoint_is_where_traces_go():
    tracing = open_tracing(OtelSettings(endpoint="http://127.0.0.1:9", sample=0.0))

    assert tracing.on
    await tracing.close()
