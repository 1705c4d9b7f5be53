"""Users of the CRM: the colleagues to whom contacts, sales and requests belong (the CRM's `associate`)."""

from typing import Annotated

from pydantic import EmailStr, Field, StringConstraints

from common.domain.instant import Instant
from common.domain.model import Model

UserId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f/]+$")]
"""The user's id in the CRM, as text."""


class UserData(Model):
    """What is known of a user. `available`: takes on new contacts and tasks (not on leave, not gone)."""

    name: str = Field(min_length=1, max_length=200)
    email: EmailStr | None = None
    mobile: str | None = Field(default=None, max_length=40)
    phone: str | None = Field(default=None, max_length=40)
    title: str = Field(default="", max_length=200)
    group: str = Field(default="", max_length=200)
    available: bool = True


class User(UserData):
    """A user as stored; `revision` is its ETag."""

    v: int = 1
    id: UserId
    revision: int = 1
    created_at: Instant
    updated_at: Instant
