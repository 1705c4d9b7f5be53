"""Selections: a named list, or a saved search. Who is on a list is a field of the contact (architecture.md §3.5)."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from common.domain.conditions import Criteria, fields
from common.domain.instant import Instant
from common.domain.model import Model, Slug


class SelectionKind(StrEnum):
    STATIC = "static"
    """Explicit members: what steps, splits and exclusion lists use."""
    DYNAMIC = "dynamic"
    """A saved search, evaluated when it is asked."""


class SelectionData(Model):
    """What its author writes. `criteria` are those of a saved search; none at all hold for everyone."""

    name: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=10_000)
    kind: SelectionKind = SelectionKind.STATIC
    criteria: Criteria = ()

    @model_validator(mode="after")
    def _about_contacts(self) -> Self:
        if self.criteria and self.kind is SelectionKind.STATIC:
            raise ValueError("criteria are those of a saved search: set kind to dynamic, or leave them out")
        if strange := sorted(name for name in fields(self.criteria) if not name.startswith("contact.")):
            raise ValueError(f"a saved search asks of contacts alone, and {strange[0]} is no field of one")
        return self


class Selection(SelectionData):
    """A selection as stored; `revision` is its ETag."""

    v: int = 1
    id: Slug
    revision: int = 1
    created_at: Instant
    updated_at: Instant
