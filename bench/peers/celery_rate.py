"""Runs the same job the usual way beside ours: a web process and as many Celery workers as the machine has cores."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from time import perf_counter

import httpx
from pymongo import AsyncMongoClient

from bench.stage import LOOK_SECONDS, PATIENCE, orders, requests_of
from tests.support.mongod import TestMongod
from tests.support.ports import free_port
from tests.support.rabbitmq import RabbitNode

ENVIRONMENT = Path(".venv-peers/bin")
"""Made by scripts/peers."""

MODULE = "celery_enrolments"
WARM = 200


def is_there() -> bool:
    return (ENVIRONMENT / "celery").exists()


async def celery_rate(mongod: TestMongod, node: RabbitNode, events: int) -> float:
    """Enrolments a second, from events over HTTP to participants that stand on the first wait."""
    async with running(mongod, node) as post, AsyncMongoClient(mongod.url) as client:
        participants = client["peer"]["participants"]
        waiting = {"step": "rest"}
        await post(requests_of(orders(0, WARM)))
        while await participants.count_documents(waiting) < WARM:
            await asyncio.sleep(LOOK_SECONDS)
        requests = requests_of(orders(WARM, events))
        began = perf_counter()
        await post(requests)
        async with asyncio.timeout(PATIENCE):
            while await participants.count_documents(waiting) < WARM + events:
                await asyncio.sleep(LOOK_SECONDS)
        return events / (perf_counter() - began)


@asynccontextmanager
async def running(mongod: TestMongod, node: RabbitNode) -> AsyncIterator["Poster"]:
    """Its processes, ready; answers what posts events to them."""
    settings = {"PEER_MONGODB_URL": mongod.url, "PEER_AMQP_URL": node.url(node.take_host())}
    environment = os.environ | settings | {"PYTHONPATH": str(Path(__file__).parent), "C_FORCE_ROOT": "1"}
    port, binaries = free_port(), ENVIRONMENT.absolute()
    subprocess.run(
        [binaries / "python", "-c", f"import {MODULE}; {MODULE}.prepare()"], env=environment, check=True
    )
    worker = ["celery", "-A", MODULE, "worker", "--loglevel", "WARNING", "--concurrency", str(os.cpu_count())]
    web = ["uvicorn", "--log-level", "warning", "--port", str(port), f"{MODULE}:web"]
    with ExitStack() as ending:
        for command in (worker, web):
            process = subprocess.Popen(
                [binaries / command[0], *command[1:]], env=environment, stdout=subprocess.DEVNULL
            )
            ending.callback(process.wait)
            ending.callback(process.terminate)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as http:
            await answered(http)
            yield Poster(http)


async def answered(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await http.get("/ready")
                return
            except httpx.TransportError:
                await asyncio.sleep(LOOK_SECONDS)


class Poster:
    """Posts events in requests of as many as ours, one after another."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def __call__(self, requests: Iterable[bytes]) -> None:
        for body in requests:
            answer = await self._http.post(
                "/events", content=body, headers={"Content-Type": "application/json"}
            )
            answer.raise_for_status()
