"""Child processes that don't outlive their parent, however it dies."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import Thread


def start_child(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, output: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a server that gets SIGTERM when this process dies (where util-linux's `setpriv` is there).

    It runs in a session of its own, so that Ctrl-C in the terminal reaches only the parent. `output` is
    appended to; without it, what the child prints is dropped. Raises `OSError` when it can't be started.
    """
    keeper = shutil.which("setpriv")
    kept = [*([keeper, "--pdeathsig", "TERM", "--"] if keeper else []), *command]
    started: Future[subprocess.Popen[bytes]] = Future()
    # The kernel sends that signal when the *thread* that started the child ends, so one lives as long as it.
    Thread(target=_keep, args=(kept, env, output, started), name=command[0], daemon=True).start()
    return started.result()


def _keep(
    command: Sequence[str],
    env: Mapping[str, str] | None,
    output: Path | None,
    started: "Future[subprocess.Popen[bytes]]",
) -> None:
    try:
        process = _spawn(command, env, output)
    except OSError as error:
        started.set_exception(error)
        return
    started.set_result(process)
    process.wait()


def _spawn(
    command: Sequence[str], env: Mapping[str, str] | None, output: Path | None
) -> subprocess.Popen[bytes]:
    with (output or Path("/dev/null")).open("ab") as sink:
        return subprocess.Popen(  # noqa: S603 - servers that the engine itself names
            command, env=env, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
        )
