"""Keys by which machines are let in, and what each may do (domain.md §10)."""

from enum import StrEnum

from pydantic import Field

from common.domain.instant import Instant
from common.domain.model import Model


class Scope(StrEnum):
    """What a key is good for."""

    EVENTS = "events"
    """Post events and import contacts."""
    REPORTS = "reports"
    """Read reports, participants and explanations."""
    MANAGE = "manage"
    """Design and run flows, make keys, set the clock."""


class ApiKey(Model):
    """A key as stored: what it opens, and the SHA-256 of it (hex), never the key itself."""

    v: int = 1
    id: str
    name: str = Field(min_length=1, max_length=200)
    scopes: frozenset[Scope]
    sha256: str
    created_at: Instant
    created_by: str = ""
