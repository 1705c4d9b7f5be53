"""What every value of the domain is built on."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints


class Model(BaseModel):
    """An immutable value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def but(self, **changes: Any) -> "Any":
        """A copy with some fields replaced; the new values are trusted, not validated again."""
        return self.model_copy(update=changes)


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""A name that people choose and addresses carry: flow, step, content, selection, form, link."""

ContactId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f]+$")]
"""The contact's id in the CRM, as text."""
