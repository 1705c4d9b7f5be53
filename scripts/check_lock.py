"""Whether the lock files still fit pyproject.toml, and name no package index."""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
EVERYTHING, RUNTIME = "requirements.lock", "requirements-runtime.lock"
IN_THE_IMAGE = {"otel", "parquet"}
SOURCES = {
    "requirements-build.lock": ("build",),
    EVERYTHING: ("dev",),
    RUNTIME: (),
    "requirements-helm.lock": ("helm",),
    "requirements-peers.lock": ("peers",),
}
"""Each lock and its dependency groups; `EVERYTHING` and `RUNTIME` hold the project's own dependencies too."""


def wanted(project: dict[str, Any], lock: str) -> Iterator[Requirement]:
    for group in SOURCES[lock]:
        yield from map(Requirement, project["dependency-groups"][group])
    if lock in (EVERYTHING, RUNTIME):
        yield from map(Requirement, project["project"]["dependencies"])
    for extra, requirements in project["project"]["optional-dependencies"].items():
        if lock == EVERYTHING or (lock == RUNTIME and extra in IN_THE_IMAGE):
            yield from map(Requirement, requirements)


def problems(project: dict[str, Any], lock: str) -> Iterator[str]:
    text = Path(lock).read_text()
    pinned = pins(text)
    if re.search(r"^--|://", text, re.MULTILINE):
        yield f"{lock} names a package index or an address"
    for requirement in wanted(project, lock):
        version = pinned.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            yield f"{lock} has {requirement.name} {version or 'not at all'}, wanted {requirement}: make lock"
    if lock == RUNTIME:
        yield from apart(pinned, pins(Path(EVERYTHING).read_text()))


def pins(text: str) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in PINNED.findall(text)}


def apart(image: dict[str, str], tested: dict[str, str]) -> Iterator[str]:
    """What would run in the image in another version than the tests saw."""
    for name, version in image.items():
        if tested.get(name) != version:
            yield f"{RUNTIME} has {name} {version}, {EVERYTHING} {tested.get(name)}: make lock"


def main() -> int:
    project = tomllib.loads(Path("pyproject.toml").read_text())
    found = [problem for lock in SOURCES for problem in problems(project, lock)]
    sys.stderr.writelines(f"{problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
