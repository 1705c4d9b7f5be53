"""The kinds of steps: each a file of its own, found by being here."""

from typing import TYPE_CHECKING

import common.domain.steps as package
from common.domain.kinds import complete, import_all
from common.domain.steps.branching import holders_of_steps
from common.domain.steps.step import Scene, Step, steps

import_all(package)

if TYPE_CHECKING:
    AnyStep = Step
else:
    AnyStep = steps.union()
    complete(holders_of_steps(), AnyStep=AnyStep)

__all__ = ["AnyStep", "Scene", "Step"]
