"""The schedules of a story's flows: who is suggested when, with the selections of the file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from common.domain.conditions import fields, holds
from common.domain.contact import Contact
from common.domain.facts import collect
from common.domain.flow import FlowVersion, StoredFlow
from common.domain.schedule import Schedule, begun, due, schedules
from common.domain.selection import SelectionData, SelectionKind


@dataclass(frozen=True, slots=True)
class Suggested:
    """A contact suggested for a flow, by this in words."""

    flow: str
    contact: str
    by: str


@dataclass(slots=True)
class Calendar:
    selections: Mapping[str, SelectionData]
    _schedules: dict[str, Schedule] = field(default_factory=dict)

    @property
    def next(self) -> datetime | None:
        """The first instant that is to come."""
        return min((each.due for each in self._schedules.values() if each.due), default=None)

    def write(self, flow: StoredFlow, version: FlowVersion | None) -> None:
        """Those of a flow that was run or resumed under this version; none of one that has ended."""
        known = [each for each in self._schedules.values() if each.flow == flow.id]
        for each in known:
            del self._schedules[each.id]
        fresh = schedules(flow, version, known) if version else []
        self._schedules |= {each.id: each for each in fresh}

    def come(self, now: datetime, contacts: Iterable[Contact]) -> list[Suggested]:
        """Everybody whom the first schedule whose instant has come suggests; it stands behind that instant then."""
        waiting = [(each.due, name) for name, each in self._schedules.items() if each.due and each.due <= now]
        if not waiting:
            return []
        schedule = self._schedules[min(waiting)[1]]
        came = due(schedule, now)
        self._schedules[schedule.id] = begun(schedule, came, schedule.name(came.at))
        by = f"selection {schedule.selection}, {schedule.place} due at {schedule.local(came.at)}"
        return [
            Suggested(schedule.flow, each.id, by)
            for each in sorted(contacts, key=lambda contact: contact.id)
            if self._is_on(each, schedule, came.at)
        ]

    def _is_on(self, contact: Contact, schedule: Schedule, at: datetime) -> bool:
        """As `common.adapters.mongo.selected` asks it."""
        selection = self.selections.get(schedule.selection)
        if selection is None or selection.kind is SelectionKind.STATIC:
            return schedule.selection in contact.selections
        facts = collect(fields(selection.criteria), contact)
        return holds(selection.criteria, facts, at, schedule.asker)
