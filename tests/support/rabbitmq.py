"""A private RabbitMQ node for the tests, to be stopped, killed and started again at will.

It has its own folder, ports, node name and port mapper (epmd), so that neither the machine's RabbitMQ nor a
second test run meets it.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import aio_pika

from common.adapters.child_process import start_child
from tests.support.missing import missing
from tests.support.ports import LOOPBACK, free_ports

DEBIAN_FOLDER = Path("/usr/lib/rabbitmq/bin")
"""Behind the wrappers in /usr/sbin, which change user and folder."""

GREETING = b"AMQP\x00\x00\x09\x01"
HOSTS_AT_ONCE = 20
CLOSING_SECONDS = 20.0
DISK_KEPT_FREE = "50MB"


def find_program(name: str) -> str | None:
    """`rabbitmq-server` or `rabbitmqctl`, as anyone may run it."""
    behind = DEBIAN_FOLDER / name
    return str(behind) if os.access(behind, os.X_OK) else shutil.which(name)


class RabbitNode:
    """One node. All methods but `purge` block, `start` for 10 to 20 seconds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self._distribution_port, self._mapper_port = free_ports(3)
        self._mapper: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._hosts_made = 0
        self._fresh_hosts: list[str] = []
        self._used_hosts: list[str] = []

    @property
    def pid(self) -> int | None:
        """The living server's process id; `None` when it does not run."""
        return self._server.pid if self._server is not None and self._server.poll() is None else None

    def url(self, host: str = "") -> str:
        """The address of a virtual host (empty: the default one)."""
        return f"amqp://guest:guest@{LOOPBACK}:{self.port}/{host}"

    def start(self, timeout: float = 120) -> None:
        """Returns when clients are answered."""
        if self.pid is not None:
            return
        self._lay_out()
        if self._mapper is None or self._mapper.poll() is not None:
            epmd = shutil.which("epmd") or "epmd"
            self._mapper = start_child([epmd, "-address", LOOPBACK, "-port", str(self._mapper_port)])
        self._server = start_child(
            [str(find_program("rabbitmq-server"))], env=self._environment(), output=self._output
        )
        self._until(self._answers, timeout)

    def stop(self, timeout: float = 60) -> None:
        """Ask the server to stop, and wait for its end; clients are told."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(timeout)

    def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""
        assert self.pid is not None, "RabbitMQ does not run"
        assert self._server is not None
        self._server.kill()
        self._server.wait()

    def close(self) -> None:
        """Stop the server and its port mapper for good; one that was killed often may be stuck."""
        try:
            self.stop(CLOSING_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        if self._mapper is not None:
            self._mapper.terminate()
            self._mapper.wait()

    def take_host(self) -> str:
        """A virtual host that no test has used; made in lots, since rabbitmqctl is slow to start."""
        if not self._fresh_hosts:
            self._renew_hosts()
        return self._fresh_hosts.pop()

    def give_back_host(self, host: str) -> None:
        """The test is over; the host goes when the next lot is made."""
        self._used_hosts.append(host)

    async def purge(self, *queues: str, host: str = "") -> int:
        """Empty these queues over AMQP; answers how many messages were waiting there."""
        async with await aio_pika.connect(self.url(host)) as connection:
            channel = await connection.channel()
            purged = [await (await channel.get_queue(name)).purge() for name in queues]
        return sum(answer.message_count or 0 for answer in purged)

    def fill_disk(self) -> None:
        """As if there were less room on the disk than the node wants to keep free: it takes no more messages."""
        self._control("set_disk_free_limit", "1000000GB")

    def free_disk(self) -> None:
        """There is room again; a node that is started anew finds it, too."""
        self._control("set_disk_free_limit", DISK_KEPT_FREE)

    @property
    def _output(self) -> Path:
        return self.folder / "output"

    def _lay_out(self) -> None:
        for name in ("home", "log", "mnesia"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "plugins").write_text("[].\n")
        (self.folder / "env.conf").touch()
        (self.folder / "rabbitmq.conf").write_text(f"disk_free_limit.absolute = {DISK_KEPT_FREE}\n")

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))
        }
        return kept | {
            "HOME": str(self.folder / "home"),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self._mapper_port),
            "RABBITMQ_NODENAME": f"headrace-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_BASE": str(self.folder),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            # Makes the start script become the server instead of watching over it: its id is the server's.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-noinput",
        }

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as connection:
                connection.sendall(GREETING)
                return bool(connection.recv(1))
        except OSError:
            return False

    def _until(self, done: Callable[[], bool], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not done():
            if self.pid is None or time.monotonic() > deadline:
                raise RuntimeError(f"RabbitMQ did not start:\n{self._output.read_text()[-3000:]}")
            time.sleep(0.05)

    def _renew_hosts(self) -> None:
        fresh = [f"t{self._hosts_made + number}" for number in range(HOSTS_AT_ONCE)]
        made, gone = (", ".join(f'<<"{host}">>' for host in hosts) for hosts in (fresh, self._used_hosts))
        self._control(
            "eval",
            f'[rabbit_vhost:delete(H, <<"tests">>) || H <- [{gone}]], '
            f'[begin rabbit_vhost:add(H, <<"tests">>), rabbit_auth_backend_internal:set_permissions('
            f'<<"guest">>, H, <<".*">>, <<".*">>, <<".*">>, <<"tests">>) end || H <- [{made}]].',
        )
        self._hosts_made += HOSTS_AT_ONCE
        self._fresh_hosts = fresh
        self._used_hosts = []

    def _control(self, *arguments: str) -> None:
        command = [str(find_program("rabbitmqctl")), *arguments]
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {arguments[0]}: {done.stdout}{done.stderr}")


def running_node(folder: Path) -> Iterator[RabbitNode]:
    """A node in that folder, stopped at the end; skips or fails where RabbitMQ is not installed."""
    if find_program("rabbitmq-server") is None or shutil.which("epmd") is None:
        missing("no rabbitmq-server on this machine")
    node = RabbitNode(folder)
    try:
        node.start()
        yield node
    finally:
        node.close()
