"""Where the servers of a test run keep their data."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

MEMORY = Path("/dev/shm")
ROOM = 4 << 30
"""Bytes that must be free there for each server."""


@contextmanager
def server_folder() -> Iterator[Path]:
    """A folder, gone afterwards: in memory where there is room, since what tests wait for is mostly the disk.

    A process that is killed loses nothing there either; only a machine without power would.
    """
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    with TemporaryDirectory(
        prefix="headrace-", dir=MEMORY if roomy else None, ignore_cleanup_errors=True
    ) as name:
        yield Path(name)
