"""What may become of a paused flow's steps while people are inside (domain.md §2).

Locked is every step on which somebody stands, and every split in whose branches somebody does: it stays, of its
kind, in its branch, behind those locked steps that stood before it. All else may be added, removed, moved, set.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from common.domain.chart import Place, Way, layout
from common.domain.flow import Flow

Standing = Mapping[str, int]
"""How many active participants stand on each step."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A step that the draft changes as it may not; `people` stand there, or in its branches."""

    step: str
    change: str
    people: int

    def __str__(self) -> str:
        who = "1 participant is" if self.people == 1 else f"{self.people} participants are"
        return f"step {self.step!r} {self.change}, but {who} there"


def locks(frozen: Flow, draft: Flow, standing: Standing) -> list[Lock]:
    """Everything that stands against the draft; `frozen` is the version by which people came where they stand."""
    before = {place.step.id: place for place in layout(frozen.steps)}
    after = {place.step.id: place for place in layout(draft.steps)}
    found: list[Lock] = []
    renamed = _Renamed(before, after)
    furthest: dict[tuple[Way, ...], int] = {}
    for step, people in _locked(before, standing).items():
        change = _change(before[step], after.get(step), renamed)
        if change is None:
            here = after[step]
            change = "was moved" if here.number < furthest.get(here.way, 0) else None
            furthest[here.way] = max(here.number, furthest.get(here.way, 0))
        if change is not None:
            found.append(Lock(step, change, people))
    return found


def _locked(before: Mapping[str, Place], standing: Standing) -> dict[str, int]:
    """The locked steps in their order, with how many people each holds."""
    people = dict.fromkeys(before, 0)
    for step, number in standing.items():
        if step in before:
            people[step] += number
            for way in before[step].way:
                people[way.split] += number
    return {step: number for step, number in people.items() if number}


def _change(was: Place, now: Place | None, renamed: "_Renamed") -> str | None:
    if now is None:
        return "was removed"
    if now.step.kind != was.step.kind:
        return f"was made a {now.step.kind}"
    if [way.split for way in was.way] != [way.split for way in now.way]:
        return "was moved"
    for old, new in zip(was.way, now.way, strict=True):
        if not renamed.same(old, new):
            gone = old.branch not in renamed.branches(new.split)
            return f"lost its branch {old.branch!r}" if gone else "was moved"
    return None


class _Renamed:
    """Which branch of a draft is which of before: that of the same name; else a new name stands for one that is
    gone, for the first locked step that tells."""

    def __init__(self, before: Mapping[str, Place], after: Mapping[str, Place]) -> None:
        self._before, self._after = before, after
        self._names: dict[Way, str] = {}

    def branches(self, split: str) -> list[str]:
        return list(_branches(self._after, split))

    def same(self, old: Way, new: Way) -> bool:
        if old.branch == new.branch:
            return True
        if old.branch in _branches(self._after, old.split) or new.branch in _branches(
            self._before, new.split
        ):
            return False
        taken = {name for way, name in self._names.items() if way.split == old.split and way != old}
        return new.branch not in taken and self._names.setdefault(old, new.branch) == new.branch


def _branches(places: Mapping[str, Place], split: str) -> Iterator[str]:
    return (name for name, _ in places[split].step.ways())
