"""An installation for tests, in processes of its own: all in one, or each service apart. Any may be killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

from tests.support.ports import free_port

ROUTES = {
    "/v1/events": "trigger",
    "/v1/contacts": "trigger",
    "/v1/enrolments": "trigger",
    "/r/": "trigger",
    "/v1/segments": "filter",
    "/v1/participants": "executor",
    "/v1/why": "executor",
    "/v1/reports": "reporting",
    "/odata": "reporting",
}
"""Which service answers which addresses; the studio answers the rest."""

APART = ("trigger", "success", "filter", "executor", "reporting", "studio")
READY_SECONDS = 60.0


class Installation:
    """Processes of one installation, by name. `services`: those of `APART`, or `all_in_one` alone.

    One that is started as `executor-2` is a further executor.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], services: Sequence[str]) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._ports = {service: free_port() for service in services}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._killed: set[str] = set()
        self.client = httpx.AsyncClient(timeout=620)

    @property
    def services(self) -> Sequence[str]:
        return list(self._ports)

    def start(self, service: str) -> None:
        module = f"services.{service.partition('-')[0]}"
        port = self._ports.setdefault(service, free_port())
        environment = os.environ | self._environment | {"HEADRACE_PORT": str(port)}
        self._killed.discard(service)
        with (self._folder / f"{service}.log").open("ab") as log:
            self._processes[service] = subprocess.Popen(
                [sys.executable, "-m", module], env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    def pid(self, service: str) -> int:
        return self._processes[service].pid

    def kill(self, service: str) -> None:
        """SIGKILL; returns when it is gone."""
        self._killed.add(service)
        self._processes[service].send_signal(signal.SIGKILL)
        self._processes[service].wait()

    def revive(self) -> list[str]:
        """Start again what has ended without being killed here, as whatever runs it would do; answers which."""
        ended = [
            name
            for name, process in self._processes.items()
            if name not in self._killed and process.poll() is not None
        ]
        for name in ended:
            self.start(name)
        return ended

    def dismiss(self, service: str) -> int:
        """Stop a process for good, politely; answers its exit code."""
        process = self._processes.pop(service)
        process.terminate()
        return process.wait(timeout=30)

    def port(self, service: str) -> int:
        return self._ports[service]

    def stop(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def url(self, path: str) -> str:
        """Where this path is answered, as the proxy would decide."""
        if len(self._ports) == 1:
            service = next(iter(self._ports))
        else:
            service = next((name for prefix, name in ROUTES.items() if path.startswith(prefix)), "studio")
        return f"http://127.0.0.1:{self._ports[service]}{path}"

    async def ready(self) -> None:
        """Until every process has taken its partitions."""
        for service in self._processes:
            await self.is_ready(service)
        key = Path(self._environment["HEADRACE_DATA_DIR"]) / "key"
        self.client.headers["Authorization"] = f"Bearer {key.read_text().strip()}"

    async def is_ready(self, service: str) -> None:
        url = f"http://127.0.0.1:{self._ports[service]}/readyz"
        async with asyncio.timeout(READY_SECONDS):
            while True:
                code = self._processes[service].poll()
                assert code is None, f"{service} ended with {code}: see {self._folder}/{service}.log"
                try:
                    if (await self.client.get(url, timeout=5)).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.1)

    async def call(self, method: str, path: str, *, patience: float = 0, **arguments: Any) -> Any:
        """The JSON of a successful answer; what was refused fails the test with the problem.

        `patience`: seconds for which a service that is away, or says 503, is asked again.
        """
        until = monotonic() + patience
        while True:
            try:
                answer = await self.client.request(method, self.url(path), **arguments)
            except httpx.TransportError:
                if monotonic() > until:
                    raise
            else:
                if answer.status_code != 503 or monotonic() > until:
                    break
            await asyncio.sleep(0.2)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@asynccontextmanager
async def installed(
    folder: Path, environment: Mapping[str, str], services: Sequence[str]
) -> AsyncIterator[Installation]:
    """All processes started and ready; stopped at the end."""
    installation = Installation(folder, environment, services)
    try:
        for service in services:
            installation.start(service)
        await installation.ready()
        yield installation
    finally:
        installation.stop()
        await installation.client.aclose()
