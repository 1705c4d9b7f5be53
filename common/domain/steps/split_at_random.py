"""Split by chance, the same way for a participant whenever it is asked."""

from collections.abc import Iterator
from itertools import accumulate
from typing import Annotated, Literal

from pydantic import Field

from common.domain.conditions import Seen
from common.domain.ids import digest
from common.domain.steps.branching import Asked, Branching, Way
from common.domain.steps.step import Scene, steps

HUNDREDTHS = 10_000
"""Percentages are drawn in hundredths."""


class RandomBranch(Way):
    percent: Annotated[float, Field(ge=0, le=100)] = 0.0


@steps.register
class SplitAtRandom(Branching):
    """Each branch takes its percentage of those who come, everyone else the rest."""

    kind: Literal["split_at_random"] = "split_at_random"
    branches: list[RandomBranch] = Field(default_factory=list, max_length=50)

    def ask(self, branch: RandomBranch, scene: Scene) -> Asked:
        """A draw from 0 to 99.99, by a hash of participant and step."""
        drawn = lot(scene.participant.id, self.id)
        number = self.branches.index(branch)
        below = list(accumulate(round(each.percent * 100) for each in self.branches))[number]
        line = Seen(field="draw", op="lt", expected=below / 100, value=drawn / 100, holds=drawn < below)
        return Asked(drawn < below, (line,))

    def branch_problems(self, branch: RandomBranch) -> Iterator[tuple[str, str]]:
        if branch.percent < 0.01:
            yield "percent", f"say how many percent branch {branch.name!r} takes, 0.01 at least"

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        total = sum(round(branch.percent * 100) for branch in self.branches)
        if total > HUNDREDTHS:
            yield "branches", f"the percentages come to {total / 100:g}, more than 100"


def lot(participant: str, step: str) -> int:
    """From 0 up to, but without, `HUNDREDTHS`; any as likely as another."""
    return int(digest("lot", participant, step)[:12], 16) % HUNDREDTHS
