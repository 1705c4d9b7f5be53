"""What becomes of a test whose server is not on this machine."""

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip here, fail on CI: there nothing may go untested unnoticed."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} (CI=true: nothing is skipped)")
    pytest.skip(what)
