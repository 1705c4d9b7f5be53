"""Sales, requests and follow-ups as the built-in CRM keeps them, and the events that they raise (domain.md §6)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from common.domain.event import FOLLOW_UP_CREATED, REQUEST_CREATED, SALE_CREATED
from common.domain.instant import Instant
from common.domain.model import Model


class CrmRecord(Model):
    """`id` is the effect's that made it. `erased`: its contact was forgotten, and what was said of it is gone."""

    v: int = 1
    id: str
    contact: str
    company: str | None = None
    owner: str | None = None
    flow: str
    created_at: Instant
    erased: bool = False

    raises: ClassVar[str]
    named: ClassVar[str]
    """What conditions call it: `event.sale`."""
    told: ClassVar[Mapping[str, str]]
    """Its fields that the event tells, by their names there."""

    def event(self) -> dict[str, Any]:
        """The data of the event that it raises."""
        data = {self.named: self.id, "company": self.company, "owner": self.owner}
        data |= {name: getattr(self, ours) for name, ours in self.told.items()}
        return {name: value for name, value in data.items() if value not in (None, "")}


class Request(CrmRecord):
    title: str = ""
    type: str | None = None
    status: str | None = None
    category: str | None = None
    priority: str | None = None
    message: str = ""

    raises: ClassVar[str] = REQUEST_CREATED
    named: ClassVar[str] = "request"
    told: ClassVar[Mapping[str, str]] = {
        name: name for name in ("title", "type", "status", "category", "priority")
    }


class Sale(CrmRecord):
    """`status`: `open`; what becomes of it is told by events."""

    title: str = ""
    type: str | None = None
    stage: str | None = None
    status: str = "open"
    amount: float | None = None
    currency: str | None = None
    description: str = ""
    project: str | None = None
    date: Instant | None = None

    raises: ClassVar[str] = SALE_CREATED
    named: ClassVar[str] = "sale"
    told: ClassVar[Mapping[str, str]] = {"heading": "title"} | {
        name: name for name in ("type", "stage", "status", "amount", "currency", "project", "date")
    }


class FollowUp(CrmRecord):
    """A task that is due at `begins`, or a meeting from `begins` to `ends`; in a `free` one its owner can be met."""

    title: str = ""
    type: str | None = None
    meeting: bool = False
    begins: Instant
    ends: Instant
    free: bool = False
    project: str | None = None
    agenda: str = ""

    raises: ClassVar[str] = FOLLOW_UP_CREATED
    named: ClassVar[str] = "follow_up"
    told: ClassVar[Mapping[str, str]] = {
        name: name for name in ("title", "type", "meeting", "begins", "ends", "project")
    }
