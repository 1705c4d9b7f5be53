"""Records by which a task that a person sets for many people travels: one for each, with an id that follows from the
task's name, so that setting it twice does it once."""

from datetime import UTC, datetime
from typing import Any

from common.domain.event import (
    CONTACT_IMPORTED,
    ENROLMENT_SUGGESTED,
    PARTICIPANT_REMOVED,
    PROJECT_ADDED,
    SELECTION_ADDED,
)
from common.domain.ids import digest
from common.domain.participant import Participant
from common.messages.record import Record

OPERATOR = "operator"
NEVER = datetime.fromtimestamp(0, UTC)
"""Stands in for business time until the archive sets it."""


def added_to_selection(task: str, contact: str, selection: str) -> Record:
    """Heard by triggers, as from anyone."""
    return _record(task, contact, SELECTION_ADDED, {"selection": selection})


def added_to_project(task: str, contact: str, project: str) -> Record:
    """Heard by triggers, as from anyone."""
    return _record(task, contact, PROJECT_ADDED, {"project": project})


def suggested(task: str, contact: str, flow: str, by: str) -> Record:
    """Filter and exclusion lists decide there."""
    return _record(task, contact, ENROLMENT_SUGGESTED, {"flow": flow, "by": by})


def retired(task: str, contact: str) -> Record:
    """Marked as former employee: a change of many at once, which triggers nothing."""
    return _record(task, contact, CONTACT_IMPORTED, {"retired": True})


def removed(task: str, participant: Participant, by: str) -> Record:
    """The passage is erased by hand: enrolled falls by one, and once only stands in nobody's way."""
    data = {"participant": participant.id, "flow": participant.flow, "by": by}
    return _record(f"{task}:{participant.id}", participant.contact, PARTICIPANT_REMOVED, data)


def _record(task: str, contact: str, kind: str, data: dict[str, Any]) -> Record:
    return Record(
        id=digest("task", task, kind, contact),
        type=kind,
        source=OPERATOR,
        contact=contact,
        time=NEVER,
        data=data,
    )
