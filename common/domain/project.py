"""Projects, under which contacts are gathered. Who is on one is a field of the contact (architecture.md §3.5)."""

from pydantic import Field

from common.domain.instant import Instant
from common.domain.model import Model, Slug


class ProjectData(Model):
    """What its author writes."""

    name: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=10_000)


class Project(ProjectData):
    """A project as stored; `revision` is its ETag."""

    v: int = 1
    id: Slug
    revision: int = 1
    created_at: Instant
    updated_at: Instant
