"""What differs between two versions of a flow: its own settings, and its steps by their ids."""

from enum import StrEnum

from common.domain.chart import Place, layout
from common.domain.flow import Flow
from common.domain.model import Model


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    """Into another branch, or past steps that both versions have."""
    CHANGED = "changed"


class StepChange(Model):
    """`place` says in words where the step stands, or stood; `fields` are those set otherwise (for a change)."""

    step: str
    kind: str
    title: str
    place: str
    change: Change
    fields: tuple[str, ...] = ()


class Difference(Model):
    """`settings`: the flow's own fields that differ. `steps`: from top to bottom, the removed ones last."""

    settings: tuple[str, ...] = ()
    steps: tuple[StepChange, ...] = ()


def difference(before: Flow, after: Flow) -> Difference:
    old = {place.step.id: place for place in layout(before.steps)}
    new = {place.step.id: place for place in layout(after.steps)}
    moved = _moved(old, new)
    found = [change for step in new for change in _of_step(old.get(step), new[step], moved)]
    found += [_told(place, Change.REMOVED) for step, place in old.items() if step not in new]
    names = [name for name in Flow.model_fields if name != "steps"]
    settings = tuple(name for name in names if getattr(before, name) != getattr(after, name))
    return Difference(settings=settings, steps=tuple(found))


def _of_step(was: Place | None, now: Place, moved: set[str]) -> list[StepChange]:
    if was is None:
        return [_told(now, Change.ADDED)]
    old, new = _settings(was), _settings(now)
    fields = tuple(sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name)))
    told = [_told(now, Change.MOVED)] if now.step.id in moved else []
    return [*told, _told(now, Change.CHANGED, fields)] if fields else told


def _settings(place: Place) -> dict[str, object]:
    return place.step.settings() | {"kind": place.step.kind, "title": place.step.title}


def _told(place: Place, change: Change, fields: tuple[str, ...] = ()) -> StepChange:
    step = place.step
    return StepChange(
        step=step.id, kind=step.kind, title=step.title, place=place.path, change=change, fields=fields
    )


def _moved(old: dict[str, Place], new: dict[str, Place]) -> set[str]:
    """Of the steps that both have: those in another branch, and as few as explain the order of the rest."""
    both = [step for step in new if step in old]
    elsewhere = {step for step in both if old[step].way != new[step].way}
    moved = set(elsewhere)
    for way in {new[step].way for step in both}:
        here = [step for step in both if new[step].way == way and step not in elsewhere]
        kept = _longest_rising([old[step].number for step in here])
        moved |= {step for number, step in enumerate(here) if number not in kept}
    return moved


def _longest_rising(numbers: list[int]) -> set[int]:
    """The places of a longest rising run among these numbers."""
    best: list[list[int]] = []
    for place, number in enumerate(numbers):
        before = [run for run in best if numbers[run[-1]] < number]
        best.append([*_longest(before), place])
    return set(_longest(best))


def _longest(runs: list[list[int]]) -> list[int]:
    return max(runs, key=lambda run: len(run), default=[])
