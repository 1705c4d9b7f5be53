"""The child processes in which rules run, as the operating system sees them."""

import os
from pathlib import Path

KILOBYTES_A_PAGE = os.sysconf("SC_PAGESIZE") // 1024


def rules_processes(parent: int | None = None) -> dict[int, int]:
    """The children of a process (this one unless told) that run rules, each with its memory in kilobytes."""
    found: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and _is_ours(folder, parent or os.getpid()):
            found[int(folder.name)] = int((folder / "statm").read_text().split()[1]) * KILOBYTES_A_PAGE
    return found


def _is_ours(folder: Path, parent: int) -> bool:
    try:
        state, ppid = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        return int(ppid) == parent and state != "Z" and b"adapters.rules" in (folder / "cmdline").read_bytes()
    except OSError:
        return False
