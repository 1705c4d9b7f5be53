"""The life of a flow: which act leads where, and what may be edited when (domain.md §2)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from common.domain.chart import layout
from common.domain.edit_rules import Lock, Standing, locks
from common.domain.flow import Flow, FlowVersion, StoredFlow
from common.domain.participant import QUEUE
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
    """People are inside the paused flow, and the draft takes away what they stand on."""

    def __init__(self, found: Sequence[Lock]) -> None:
        super().__init__("; ".join(map(str, found)))
        self.locks = tuple(found)


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


def edit(stored: StoredFlow, draft: Flow, *, at: datetime, by: str = "") -> StoredFlow:
    """Save a draft. Raises `ActRefused` while the flow runs; `check_structure` is asked beside it."""
    _require(stored, Act.EDIT)
    return _touched(stored, at, by, draft=draft)


def check_structure(frozen: Flow, draft: Flow, standing: Standing) -> None:
    """Whether everybody inside the paused flow can go on by the draft; raises `StructureLocked`."""
    if found := locks(frozen, draft, standing):
        raise StructureLocked(found)


def deletable(stored: StoredFlow) -> bool:
    """Only a flow that is not running can be deleted."""
    return Act.DELETE in ALLOWED[stored.state]


def freeze(
    after: StoredFlow, contents: Mapping[str, int], at: datetime, before: FlowVersion | None = None
) -> FlowVersion:
    """The draft as the version that the flow has now. `before`: the version by which people stand, at a resume."""
    return FlowVersion(
        flow=after.id,
        version=after.version,
        document=after.draft,
        contents=dict(contents),
        changed_waits=_changed_waits(before, after) if before else {},
        frozen_at=at,
    )


def _changed_waits(before: FlowVersion, after: StoredFlow) -> dict[str, int]:
    """A wait without end, or in another timezone, is another wait; the queue waits for the time at which the flow
    starts; a mail's settings hold nobody."""
    old, new = before.document, after.draft
    was = {place.step.id: place.step for place in layout(old.steps)}
    changed: dict[str, int] = {}
    for place in layout(new.steps):
        step = place.step
        if not (step.waits and step.flow_control) or step.id not in was:
            continue
        same = old.zone == new.zone and was[step.id].settings() == step.settings()
        since = before.changed_waits.get(step.id) if same else after.version
        if since is not None:
            changed[step.id] = since
    if old.starts_at != new.starts_at:
        changed[QUEUE] = after.version
    elif (since := before.changed_waits.get(QUEUE)) is not None:
        changed[QUEUE] = since
    return changed


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
