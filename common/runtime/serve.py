"""A process: its HTTP server, its workers beside it, and a clean end on SIGTERM or SIGINT."""

import asyncio
import contextlib
import gc
import socket
import sys
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from uvicorn.server import HANDLED_SIGNALS

from common.ports import Unavailable
from common.runtime import api_viewer, health, logs, problems
from common.runtime.answer_headers import AnswerHeaders
from common.runtime.body_limit import BodyLimit
from common.runtime.health import Health
from common.runtime.keys import KeyRing
from common.runtime.metrics import Metrics
from common.runtime.own_names import OwnNames
from common.runtime.patient_protocol import PatientProtocol
from common.runtime.settings import BadSettings, Environment, Settings, load
from common.runtime.sight import Sight
from common.runtime.tracing import UNWATCHED, TracedRequests, Tracing

STARTED = "process_started"
STOPPING = "process_stopping"
STOPPED = "process_stopped"
WORKER_ENDED = "worker_ended"
UNAVAILABLE = "start_failed"

COLLECTED_AFTER = 50_000
"""How many more objects than were freed have to be there before rings of them are looked for. A batch makes tens of
thousands, none of them part of a ring; by the usual 700, looking takes a fifth of the processor's time."""

GRACE = 10.0
"""Seconds that requests and workers get to finish what they have begun."""

Worker = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set, then returns soon. If it ends before, the process stops with an error."""

log = structlog.get_logger()


class CantStart(Exception):
    """What somebody has to put right first, in plain words."""


class PortTaken(CantStart):
    """Nothing can listen at this address."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"can't listen on {host}:{port}: {reason}; set HEADRACE_PORT to another port")
        self.host = host
        self.port = port


@dataclass(frozen=True)
class App:
    """A service put together. `closing` closes its connections, in the reverse order of their opening."""

    name: str
    routers: Sequence[APIRouter]
    keys: KeyRing
    sight: Sight | None = None
    workers: Sequence[Worker] = ()
    health: Health = field(default_factory=Health)
    metrics: Metrics = field(default_factory=Metrics)
    tracing: Tracing = UNWATCHED
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)


Build = Callable[[Settings], Awaitable[App]]


def api(app: App, settings: Settings) -> FastAPI:
    """The HTTP face of a service: its routes behind keys, problems, limits, health."""
    face = FastAPI(title=f"Headrace {app.name}", version="1", docs_url=None, redoc_url=None)
    face.state.keys, face.state.sight = app.keys, app.sight
    problems.install(face)
    face.add_middleware(BodyLimit, limit=settings.body_limit)
    if settings.environment is Environment.EMBEDDED:
        face.add_middleware(OwnNames, public_url=settings.public_url, unsigned=settings.crm.unsigned)
    face.add_middleware(AnswerHeaders)
    if app.tracing.on:
        face.add_middleware(TracedRequests, tracing=app.tracing)
    face.include_router(health.router(app.health, app.metrics))
    face.include_router(api_viewer.router())
    for router in app.routers:
        face.include_router(router)
    return face


def main(name: str, build: Build) -> None:
    """`python -m services.x`: settings from the environment, serve until told to stop, exit code."""
    try:
        settings = load()
    except BadSettings as error:
        sys.exit(f"headrace can't start:\n{error}")
    logs.configure(settings.log, service=name)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        sys.exit(runner.run(run(build, settings)))


def new_loop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()


async def run(build: Build, settings: Settings) -> int:
    """Build, serve, close; answers the exit code."""
    try:
        app = await build(settings)
    except (Unavailable, CantStart) as error:
        log.error(UNAVAILABLE, reason=str(error))
        return 1
    async with app.closing:
        try:
            good = await serve(app, settings)
        except CantStart as error:
            log.error(UNAVAILABLE, reason=str(error))
            return 1
    log.info(STOPPED)
    return 0 if good else 1


async def serve(app: App, settings: Settings, started: Callable[[int], None] = lambda port: None) -> bool:
    """Serve until a signal comes or a worker ends; whether it ended as wanted.

    `started` is told the port that is listened on. At the end the process first reports unready, then lets
    requests finish, then the workers. Raises `PortTaken`.
    """
    listener = listen(settings.host, settings.port)
    server = QuietServer(
        uvicorn.Config(
            api(app, settings), log_config=None, access_log=False, lifespan="off", server_header=False,
            timeout_graceful_shutdown=int(GRACE), http=PatientProtocol,
        )
    )  # fmt: skip
    stopping = asyncio.Event()
    with signals(stopping):
        workers = [asyncio.create_task(watched(worker, stopping)) for worker in app.workers]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        told = asyncio.create_task(stopping.wait())
        settle_down()
        port = listener.getsockname()[1]
        log.info(STARTED, app=app.name, port=port)
        started(port)
        await asyncio.wait([told, serving, *workers], return_when=asyncio.FIRST_COMPLETED)
        as_wanted = stopping.is_set()
        log.info(STOPPING)
        app.health.stopping = server.should_exit = True
        await asyncio.wait([serving])
        stopping.set()
        ended = await finish([told, *workers])
    return as_wanted and ended and serving.exception() is None


def settle_down() -> None:
    """What the start has made stays: the collector of garbage need not look at it any more, nor as often as usual."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise PortTaken(host, port, error.strerror or str(error)) from error


async def watched(worker: Worker, stopping: asyncio.Event) -> None:
    """A worker that says so when it ends too early."""
    try:
        await worker(stopping)
    except Exception:
        log.exception(WORKER_ENDED)
        raise
    if not stopping.is_set():
        log.error(WORKER_ENDED)


async def finish(tasks: Sequence["asyncio.Task[object]"]) -> bool:
    """Wait a while for tasks, then cancel them; whether all had ended by themselves and well."""
    done, late = await asyncio.wait(tasks, timeout=GRACE)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    return not late and all(task.exception() is None for task in done)


class QuietServer(uvicorn.Server):
    """uvicorn without its signal handlers, which would end the process before the workers have."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@contextlib.contextmanager
def signals(stopping: asyncio.Event) -> Generator[None]:
    """SIGTERM and SIGINT set the event, where the loop runs in the main thread."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(ValueError, RuntimeError):
        for number in HANDLED_SIGNALS:
            loop.add_signal_handler(number, stopping.set)
    try:
        yield
    finally:
        for number in HANDLED_SIGNALS:
            with contextlib.suppress(ValueError, RuntimeError):
                loop.remove_signal_handler(number)
