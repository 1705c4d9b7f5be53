"""The way through a frozen flow: which step comes behind which, computed once a version."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from common.domain.flow import Flow, FlowVersion
from common.domain.participant import FINISH, QUEUE
from common.domain.steps import Step

MAX_DEPTH = 20
"""Splits within splits, at most."""


class Way(NamedTuple):
    """One branch of one split."""

    split: str
    branch: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step stands: what comes behind it, how deep it is nested, and its place in words."""

    step: Step
    after: str
    depth: int
    path: str
    number: int
    """From 1, within its branch."""
    way: tuple[Way, ...]
    """The branches it lies in, from the outermost."""


def layout(steps: Sequence[Step], after: str = FINISH) -> Iterator[Place]:
    """Every step with its place, from top to bottom, steps of a branch behind their split."""
    return _layout(steps, after, "", ())


def _layout(steps: Sequence[Step], behind: str, above: str, way: tuple[Way, ...]) -> Iterator[Place]:
    followers = [*(step.id for step in steps[1:]), behind]
    for number, (step, after) in enumerate(zip(steps, followers, strict=False), start=1):
        path = f"{above}step {number}"
        yield Place(step, after, len(way), path, number, way)
        for name, inside in step.ways():
            yield from _layout(inside, after, f"{path} › {name} › ", (*way, Way(step.id, name)))


class Chart:
    """A flow version as a map. Steps' ids are unique (`flow_problems` has seen to that)."""

    def __init__(self, version: FlowVersion) -> None:
        self.version = version
        self.places: Mapping[str, Place] = {place.step.id: place for place in layout(self.document.steps)}

    @property
    def document(self) -> Flow:
        return self.version.document

    @property
    def zone(self) -> str:
        """The IANA name of the flow's timezone."""
        return self.document.zone

    @property
    def first(self) -> str:
        """The step that newcomers enter, or `FINISH`."""
        return self.document.steps[0].id if self.document.steps else FINISH

    def step(self, step_id: str) -> Step:
        """Raises `KeyError` when this version has no such step."""
        return self.places[step_id].step

    def after(self, step_id: str) -> str:
        """The step behind this one, or `FINISH`; raises `KeyError` when there is no such step."""
        return self.places[step_id].after

    def path(self, step_id: str) -> str:
        """The place in words, such as `step 2 › Germany › step 1`."""
        if step_id in (QUEUE, FINISH):
            return step_id
        return self.places[step_id].path

    def content_version(self, content: str) -> int:
        """The version that was frozen; raises `KeyError` when the flow does not use this content."""
        return self.version.contents[content]


def named_contents(flow: Flow) -> frozenset[str]:
    """The contents that a flow's steps send or its patterns listen for, wherever one is named."""
    return frozenset(_named(flow.model_dump(mode="json")))


def _named(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for name, inner in value.items():
                yield from [inner] if name == "content" and isinstance(inner, str) else _named(inner)
        case list():
            for each in value:
                yield from _named(each)


def used_contents(flow: Flow) -> frozenset[str]:
    """The contents that a flow's steps send."""
    return frozenset(content for place in layout(flow.steps) for content in place.step.contents())
