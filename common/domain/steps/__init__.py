"""The kinds of steps: each a file of its own, found by being here."""

from typing import TYPE_CHECKING

import common.domain.steps as package
from common.domain.kinds import import_all, rebuild
from common.domain.steps.step import Scene, Step, steps

import_all(package)

if TYPE_CHECKING:
    AnyStep = Step
else:
    from common.domain.steps.split import Branch, Otherwise, Split

    AnyStep = steps.union()
    rebuild((Branch, Otherwise, Split), AnyStep=AnyStep)

__all__ = ["AnyStep", "Scene", "Step"]
