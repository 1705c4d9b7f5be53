from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from common.runtime.secret_file import keep


def test_those_who_start_together_get_the_same_secret(tmp_path: Path) -> None:
    numbers = count()
    file = tmp_path / "deep" / "secret"
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: keep(file, lambda: f"secret-{next(numbers)}"), range(40)))
    assert len(secrets) == 1
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["secret"]
