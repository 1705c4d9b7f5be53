"""No file and no function grows into something that nobody reads in one go."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
MOST_LINES_OF_A_ROUTER = 90
"""A function that does nothing but define routes reads like a table."""

MODULES = sorted(path for name in ("common", "services") for path in (ROOT / name).rglob("*.py"))

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text())
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def length(function: Function) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def most(function: Function) -> int:
    defines = [node for node in function.body if isinstance(node, Function)]
    return (
        MOST_LINES_OF_A_ROUTER if defines and function.name.endswith("router") else MOST_LINES_OF_A_FUNCTION
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_readable(path: Path):
    assert len(path.read_text().splitlines()) <= MOST_LINES_OF_A_FILE
    long = {f.name: length(f) for f in functions(path) if length(f) > most(f)}
    assert not long
