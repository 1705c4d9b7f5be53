"""What every service carries from its start."""

import subprocess
import sys

PROGRAM = """
import services.success.app
from common.domain.steps.branching import holders_of_steps
print(*(held.__name__ for held in holders_of_steps() if held.__pydantic_complete__))
"""


def test_what_holds_steps_is_built_by_who_asks_for_it_alone() -> None:
    """Each holds all kinds of steps within all kinds of steps: a megabyte, and there are sixteen."""
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []
