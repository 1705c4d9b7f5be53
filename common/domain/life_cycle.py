"""The life of a flow: which act leads where, and what may be edited when (domain.md §2)."""

from collections import Counter
from datetime import datetime
from enum import StrEnum
from typing import Any

from common.domain.chart import Place, layout
from common.domain.flow import Flow, StoredFlow
from common.domain.reasons import FlowState


class Act(StrEnum):
    RUN = "run"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"
    EDIT = "edit"
    DELETE = "delete"


ALLOWED: dict[FlowState, frozenset[Act]] = {
    FlowState.NOT_RUNNING: frozenset({Act.RUN, Act.EDIT, Act.DELETE}),
    FlowState.RUNNING: frozenset({Act.PAUSE, Act.END}),
    FlowState.PAUSED: frozenset({Act.RESUME, Act.END, Act.EDIT}),
}
"""What may be done with a flow in each state."""


class ActRefused(Exception):
    """This can't be done with a flow in this state."""

    def __init__(self, act: Act, state: FlowState) -> None:
        allowed = ", ".join(sorted(ALLOWED[state]))
        super().__init__(f"a flow that is {state.replace('_', ' ')} can't {act}; it can: {allowed}")
        self.act = act
        self.state = state

    @property
    def allowed(self) -> frozenset[Act]:
        """What can be done instead."""
        return ALLOWED[self.state]


class StructureLocked(Exception):
    """People are inside the paused flow, and the draft moves, removes or changes what they depend on."""

    def __init__(self, step: str, change: str) -> None:
        super().__init__(f"step {step!r} {change}; that is not possible while there are active participants")
        self.step = step
        self.change = change


def run(stored: StoredFlow, *, epoch: int, at: datetime, by: str = "") -> StoredFlow:
    """From not running: a new run, and a new version frozen from the draft. Raises `ActRefused`."""
    started = _act(stored, Act.RUN, FlowState.RUNNING, epoch, at, by)
    flow: StoredFlow = started.but(version=stored.version + 1, run=stored.run + 1)
    return flow


def pause(stored: StoredFlow, *, epoch: int, at: datetime, by: str = "") -> StoredFlow:
    """From running: participants stay where they are. Raises `ActRefused`."""
    return _act(stored, Act.PAUSE, FlowState.PAUSED, epoch, at, by)


def resume(stored: StoredFlow, *, epoch: int, at: datetime, by: str = "") -> StoredFlow:
    """From paused: on, with a new version frozen from the draft. Raises `ActRefused`."""
    flow: StoredFlow = _act(stored, Act.RESUME, FlowState.RUNNING, epoch, at, by).but(
        version=stored.version + 1
    )
    return flow


def end(stored: StoredFlow, *, epoch: int, at: datetime, by: str = "") -> StoredFlow:
    """From running or paused: over for everybody inside. Raises `ActRefused`."""
    return _act(stored, Act.END, FlowState.NOT_RUNNING, epoch, at, by)


def edit(stored: StoredFlow, draft: Flow, *, active: bool, at: datetime, by: str = "") -> StoredFlow:
    """Save a draft; `active` tells whether participants are inside. Raises `ActRefused` while the flow runs, and
    `StructureLocked` where people inside a paused flow stand on what the draft changes."""
    _require(stored, Act.EDIT)
    if active and stored.state is FlowState.PAUSED:
        check_structure(stored.draft, draft)
    return _touched(stored, at, by, draft=draft)


def deletable(stored: StoredFlow) -> bool:
    """Only a flow that is not running can be deleted."""
    return Act.DELETE in ALLOWED[stored.state]


def check_structure(before: Flow, after: Flow) -> None:
    """Steps with their kind, place and order, branches, and what waits and splits are set to must be the same;
    raises `StructureLocked` for the first step that is not."""
    old, new = (list(layout(flow.steps)) for flow in (before, after))
    old_ids, new_ids = (Counter(place.step.id for place in places) for places in (old, new))
    for step in old_ids - new_ids:
        raise StructureLocked(step, "was removed")
    for step in new_ids - old_ids:
        raise StructureLocked(step, "was added")
    for was, now in zip(old, new, strict=True):
        _compare(was, now)


def _compare(was: Place, now: Place) -> None:
    if _position(was) != _position(now):
        raise StructureLocked(was.step.id, "was moved")
    if was.step.kind != now.step.kind:
        raise StructureLocked(was.step.id, f"was made a {now.step.kind}")
    if was.step.flow_control and was.step.settings() != now.step.settings():
        raise StructureLocked(was.step.id, "has other settings")


def _position(place: Place) -> tuple[str, tuple[str, ...], int]:
    return place.step.id, place.way, place.number


def _act(stored: StoredFlow, act: Act, state: FlowState, epoch: int, at: datetime, by: str) -> StoredFlow:
    _require(stored, act)
    return _touched(stored, at, by, state=state, epoch=epoch)


def _require(stored: StoredFlow, act: Act) -> None:
    if act not in ALLOWED[stored.state]:
        raise ActRefused(act, stored.state)


def _touched(stored: StoredFlow, at: datetime, by: str, **changes: Any) -> StoredFlow:
    flow: StoredFlow = stored.but(
        revision=stored.revision + 1, updated_at=at, updated_by=by or stored.updated_by, **changes
    )
    return flow
