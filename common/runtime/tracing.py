"""Traces: one record's way from the request through every service to the message that it led to.

A sampled request marks its records with a W3C `traceparent`, and an event may name a trace of its own; what follows
from a record carries the mark on. Each service adds a span to the traces of the marked records in a batch. Without
`HEADRACE_OTEL_ENDPOINT` nothing is marked, and nothing is done here. All of OpenTelemetry stands behind this file.
"""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import time_ns
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from common.domain.effect import Effect
from common.messages.record import Record
from common.messages.topology import Service
from common.runtime.settings import OtelSettings

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Link

MOST_LINKS = 50
"""Of the marked records in one batch, so many get a span."""

UNTRACED = frozenset({"/livez", "/readyz", "/metrics"})
PATH = "/v1/traces"


class NoOpenTelemetry(Exception):
    """Traces are asked for, and can't be made."""

    def __init__(self) -> None:
        super().__init__(
            "HEADRACE_OTEL_ENDPOINT is set, but OpenTelemetry is not installed: pip install 'headrace[otel]'"
        )


class Tracing:
    """What the engine tells of its work as it goes; this one tells nobody.

    The blocks answer the mark that what follows from them should carry, `None` where nobody is looking.
    """

    on = False

    def request(self, method: str, traceparent: str | None) -> AbstractContextManager[str | None]:
        """A request over HTTP, in the sender's trace if it has one."""
        return NOTHING

    def intake(self, records: int) -> AbstractContextManager[str | None]:
        """Records on their way into the archive."""
        return NOTHING

    def arrival(self, record: Record) -> str | None:
        """A record has come that names its sender's trace; answers its mark from here on."""
        return None

    def batch(
        self, service: Service, partition: int, records: Sequence[Record], timers: int
    ) -> AbstractContextManager[str | None]:
        """A batch, from its loading to its commit."""
        return NOTHING

    def effect(self, effect: Effect) -> AbstractContextManager[str | None]:
        """An effect on the wire."""
        return NOTHING

    def note(self, **values: str) -> None:
        """Something to know about the innermost block under way."""

    async def close(self) -> None:
        """Send what is left; it may take a few seconds."""


NOTHING: AbstractContextManager[None] = nullcontext()
UNWATCHED = Tracing()


class OpenTelemetry(Tracing):
    """Spans to a collector. `sample`: share of the requests, and of batches of timers, that start a trace."""

    on = True

    def __init__(self, exporter: "SpanExporter", sample: float) -> None:
        from opentelemetry import trace
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = TracerProvider(
            sampler=ParentBasedTraceIdRatio(sample),
            resource=Resource.create({"service.name": "headrace"}),
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("headrace")
        self._propagator = TraceContextTextMapPropagator()
        self._api = trace

    @contextmanager
    def request(self, method: str, traceparent: str | None) -> Generator[str | None]:
        with self._tracer.start_as_current_span(
            method, context=self._from(traceparent), kind=self._api.SpanKind.SERVER
        ):
            yield self._mark()

    @contextmanager
    def intake(self, records: int) -> Generator[str | None]:
        with self._tracer.start_as_current_span("intake", attributes={"headrace.records": records}):
            yield self._mark()

    def arrival(self, record: Record) -> str | None:
        about = {"headrace.record": record.id, "headrace.type": record.type}
        with self._tracer.start_as_current_span(
            "event", context=self._from(record.trace), kind=self._api.SpanKind.CONSUMER, attributes=about
        ):
            return self._mark()

    @contextmanager
    def batch(
        self, service: Service, partition: int, records: Sequence[Record], timers: int
    ) -> Generator[str | None]:
        """The span stands in the trace of the first marked record; the others get one each that points to it."""
        marked = [record for record in records if record.trace is not None][:MOST_LINKS]
        if not marked and not timers:
            yield None
            return
        sizes = {"headrace.partition": partition, "headrace.records": len(records), "headrace.timers": timers}
        first = marked[0].trace if marked else None
        began = time_ns()
        with self._tracer.start_as_current_span(
            service.value, context=self._from(first), kind=self._api.SpanKind.CONSUMER, attributes=sizes
        ) as span:
            try:
                yield self._mark()
            finally:
                point = self._api.Link(span.get_span_context())
                for record in marked[1:]:
                    self._record(service, record, began, point)

    def _record(self, service: Service, record: Record, began: int, batch: "Link") -> None:
        about = {"headrace.record": record.id, "headrace.type": record.type}
        self._tracer.start_span(
            service.value, context=self._from(record.trace), kind=self._api.SpanKind.CONSUMER,
            attributes=about, links=[batch], start_time=began,
        ).end()  # fmt: skip

    @contextmanager
    def effect(self, effect: Effect) -> Generator[str | None]:
        if effect.trace is None:
            yield None
            return
        about: dict[str, str | int] = {
            "headrace.effect": effect.id,
            "headrace.participant": effect.participant,
            "headrace.flow": effect.flow,
            "headrace.version": effect.version,
        }
        with self._tracer.start_as_current_span(
            f"send {effect.channel}", context=self._from(effect.trace),
            kind=self._api.SpanKind.CLIENT, attributes=about,
        ):  # fmt: skip
            yield self._mark()

    def note(self, **values: str) -> None:
        self._api.get_current_span().set_attributes(
            {f"headrace.{name}": value for name, value in values.items()}
        )

    async def close(self) -> None:
        await asyncio.to_thread(self._provider.shutdown)

    def _from(self, traceparent: str | None) -> "Context | None":
        """`None`: whatever is under way."""
        return self._propagator.extract({"traceparent": traceparent}) if traceparent else None

    def _mark(self) -> str | None:
        """The `traceparent` of the span under way, if anybody will see it."""
        carrier: dict[str, str] = {}
        if self._api.get_current_span().get_span_context().trace_flags.sampled:
            self._propagator.inject(carrier)
        return carrier.get("traceparent")


def open_tracing(settings: OtelSettings) -> Tracing:
    """Tracing as it is set. Raises `NoOpenTelemetry`."""
    if settings.endpoint is None:
        return UNWATCHED
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise NoOpenTelemetry from None
    endpoint = settings.endpoint.rstrip("/").removesuffix(PATH) + PATH
    return OpenTelemetry(OTLPSpanExporter(endpoint=endpoint, timeout=5), settings.sample)


class TracedRequests:
    """ASGI middleware: a span for each request but those of health checks."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNTRACED:
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        with self._tracing.request(scope["method"], given or None):
            await self._app(scope, receive, send)
            if route := scope.get("route"):
                self._tracing.note(route=route.path)
