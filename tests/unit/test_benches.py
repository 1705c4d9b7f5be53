"""The benches are run by hand: so that none is forgotten, or breaks unseen, each is imported here."""

from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHES = sorted(
    f"bench.{file.stem}"
    for file in (ROOT / "bench").glob("*.py")
    if '__name__ == "__main__"' in file.read_text()
)


def test_make_bench_runs_every_bench() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert [name for name in BENCHES if f"python -m {name}\n" not in makefile] == []


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_can_be_imported(name: str) -> None:
    assert callable(import_module(name).measure)
