"""Secrets that an installation makes for itself, kept in its data folder."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def keep(path: Path, make: Callable[[], str]) -> str:
    """The secret in this file; made by `make` and written (mode 0600) if there is none.

    Processes that start together all get the one that was first. Raises `OSError` when the folder can't be
    written.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_once(path, make())
    return path.read_text().strip()


def write_once(path: Path, secret: str) -> None:
    """Write the whole file at once under its name, unless the name is taken by then."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secret + "\n")
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()
