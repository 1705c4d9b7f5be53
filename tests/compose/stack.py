"""docker-compose.yml running, for tests: a project of its own, with fresh secrets, on free ports."""

import asyncio
import os
import secrets
import shlex
import subprocess
from pathlib import Path
from time import monotonic

from tests.support.installation import APART, Installation
from tests.support.ports import LOOPBACK, free_ports

CHECKOUT = Path(__file__).parent.parent.parent
SECRETS = ("HEADRACE_SECRET", "MONGODB_PASSWORD", "MONGODB_ADMIN_PASSWORD", "RABBITMQ_PASSWORD")
START_SECONDS = 180.0
CONNECTIONS = 4
"""The most that one executor sends at once, and so leaves in doubt when it is killed."""

COMPOSE = shlex.split(os.environ.get("COMPOSE", "docker compose"))
ENGINE = shlex.split(os.environ.get("ENGINE", "docker"))
"""The engine under `COMPOSE`, for single containers: `docker`, `podman`."""


class Stack(Installation):
    """All containers of one project. Clients come in through the proxy."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, {}, ())
        self._http, self.mail_port = free_ports(2)
        self._variables = {name: secrets.token_hex(32) for name in SECRETS} | {
            "COMPOSE_PROJECT_NAME": f"headrace{secrets.token_hex(3)}",
            "HEADRACE_HTTP_PORT": str(self._http),
            "MAILPIT_PORT": str(self.mail_port),
            "HEADRACE_SMTP_POOL": str(CONNECTIONS),
            "HEADRACE_SMTP_TIMEOUT": "4",
            "HEADRACE_SMTP_LEASE": "12",
            "HEADRACE_SMS_TIMEOUT": "4",
            "HEADRACE_WEBHOOK_TIMEOUT": "4",
        }

    def url(self, path: str) -> str:
        return f"http://{LOOPBACK}:{self._http}{path}"

    def compose(self, *arguments: str, without: str | None = None) -> "subprocess.CompletedProcess[str]":
        """Run a compose command; `without` one of the secrets."""
        files = ("-f", "docker-compose.yml", "-f", "tests/compose/docker-compose.override.yml")
        environment = os.environ | self._variables | ({without: ""} if without else {})
        return subprocess.run(
            [*COMPOSE, *files, *arguments],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def must(self, *arguments: str) -> str:
        """A compose command that has to work; its output."""
        done = self.compose(*arguments)
        assert done.returncode == 0, (
            f"compose {' '.join(arguments)}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        )
        return done.stdout

    def up(self, **replicas: int) -> None:
        """All services, these with so many replicas; those that run stay as they are."""
        scales = [part for name, number in replicas.items() for part in ("--scale", f"{name}={number}")]
        self.must("up", "-d", "--no-recreate", *scales)

    def containers(self, service: str) -> list[str]:
        return self.must("ps", "-q", service).split()

    def kill_container(self, container: str) -> None:
        """SIGKILL to one of them."""
        self._engine("kill", "--signal", "KILL", container)

    def start_container(self, container: str) -> None:
        self._engine("start", container)

    def _engine(self, *arguments: str) -> None:
        subprocess.run([*ENGINE, *arguments], check=True, capture_output=True)

    async def ready(self) -> None:
        """Until every replica of every service has taken its partitions."""
        until = monotonic() + START_SECONDS
        for service in APART:
            for number in range(1, len(self.containers(service)) + 1):
                while self.compose("exec", "-T", f"--index={number}", service, "ready").returncode != 0:
                    assert monotonic() < until, (
                        f"{service} {number} is not ready:\n{self.logs(service)[-4000:]}"
                    )
                    await asyncio.sleep(1)
        key = self.must("exec", "-T", "studio", "cat", "/data/key").strip()
        self.client.headers["Authorization"] = f"Bearer {key}"

    def logs(self, service: str) -> str:
        return self.must("logs", "--no-color", "--no-log-prefix", service)

    def down(self) -> None:
        self.must("down", "--volumes", "--remove-orphans")
