"""Keys by which machines are let in, and what each may do (domain.md §10)."""

from enum import StrEnum

from pydantic import Field

from common.domain.instant import Instant
from common.domain.model import Model
from common.domain.user import UserId


class Scope(StrEnum):
    """What a key is good for."""

    EVENTS = "events"
    """Post events and import contacts."""
    REPORTS = "reports"
    """Read reports, participants and explanations."""
    CONTENT = "content"
    """See flows; create and edit contents and forms: a content editor's."""
    PERSONAL = "personal"
    """See columns about persons, too, where tables are read or exported; besides `reports`."""
    MANAGE = "manage"
    """Design, run and delete flows, make keys, set the clock: a flow administrator's. Includes `content`."""


class ApiKey(Model):
    """A key as stored: what it opens, and the SHA-256 of it (hex), never the key itself. `user`: the person for whom
    it stands, who sees the flows that are visible to that person; none: it is a machine's, which sees them all."""

    v: int = 1
    id: str
    name: str = Field(min_length=1, max_length=200)
    scopes: frozenset[Scope]
    sha256: str
    created_at: Instant
    created_by: str = ""
    user: UserId | None = None
