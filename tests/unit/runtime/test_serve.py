import asyncio
import os
import signal

import httpx
import pytest
from fastapi import APIRouter

from common.runtime.keys import KeyRing
from common.runtime.serve import App, PortTaken, Worker, listen, serve
from common.runtime.settings import Settings

SETTINGS = Settings(port=0)


class NoKeys:
    """An installation without keys."""

    async def find(self, sha256: str) -> None:
        return None


def app(*workers: Worker) -> App:
    routes = APIRouter()

    @routes.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(0.3)
        return "done"

    return App(name="test", routers=[routes], keys=KeyRing(NoKeys()), workers=workers)  # type: ignore[arg-type]


async def test_sigterm_lets_requests_and_workers_finish() -> None:
    finished: list[str] = []
    answers: list[httpx.Response] = []
    ports: asyncio.Queue[int] = asyncio.Queue()

    async def worker(stopping: asyncio.Event) -> None:
        await stopping.wait()
        await asyncio.sleep(0.05)
        finished.append("worker")

    async def client() -> None:
        port = await ports.get()
        async with httpx.AsyncClient() as http:
            asking = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/slow"))
            await asyncio.sleep(0.15)
            os.kill(os.getpid(), signal.SIGTERM)
            answers.append(await asking)

    as_wanted, _ = await asyncio.gather(serve(app(worker), SETTINGS, ports.put_nowait), client())
    assert as_wanted
    assert finished == ["worker"]
    assert answers[0].json() == "done"


async def test_workers_that_are_done_the_moment_they_are_told_end_as_wanted() -> None:
    async def worker(stopping: asyncio.Event) -> None:
        await stopping.wait()

    def ready(port: int) -> None:
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)

    assert await serve(app(worker, worker), SETTINGS, ready)


async def test_a_worker_that_fails_ends_the_process_as_failed() -> None:
    others: list[str] = []

    async def failing(stopping: asyncio.Event) -> None:
        await asyncio.sleep(0.05)
        raise RuntimeError("broken")

    async def other(stopping: asyncio.Event) -> None:
        await stopping.wait()
        others.append("stopped")

    assert not await asyncio.wait_for(serve(app(failing, other), SETTINGS), 10)
    assert others == ["stopped"]


async def test_a_taken_port_is_told_by_number() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            await serve(app(), Settings(port=port))
