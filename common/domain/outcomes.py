"""What a step answers, and what it asks to be done: small closed sets."""

from typing import Any

from pydantic import Field

from common.domain.contact import ContactData
from common.domain.instant import Instant
from common.domain.model import Model
from common.domain.permission import Permission
from common.domain.reasons import DropOut


class PlanMessage(Model):
    """Write an effect into the ledger: a message to the contact, by channel (`email`)."""

    channel: str
    permission: Permission
    content: str = ""
    content_version: int = 0
    settings: dict[str, Any] = Field(default_factory=dict)


class PlanCall(Model):
    """Write an effect into the ledger that does not go to the contact: a call to a machine, word to the staff.

    `repeatable`: the other side knows a repeat by the effect's id.
    """

    channel: str
    permission: Permission = Permission.NONE
    settings: dict[str, Any] = Field(default_factory=dict)
    repeatable: bool = False


class ChangeContact(Model):
    """Change the contact's own data; raises an event of type `raises` with `data`, as if a person had done it."""

    change: ContactData
    raises: str
    data: dict[str, Any] = Field(default_factory=dict)


class SuggestFor(Model):
    """Suggest the contact to another flow; filters there decide."""

    flow: str


class TakeTurn(Model):
    """Somebody of those among whom this step shares has had a turn: the next is another's."""


Act = PlanMessage | PlanCall | ChangeContact | SuggestFor | TakeTurn


class GoTo(Model):
    """On to another step (or `FINISH`) at once. `why` is kept for the explanation."""

    step: str
    why: dict[str, Any] = Field(default_factory=dict)


class Park(Model):
    """Stay on this step until a time (`None`: until an action)."""

    until: Instant | None
    why: dict[str, Any] = Field(default_factory=dict)


class Perform(Model):
    """Do something, and go on to `step` at once, without waiting for what becomes of it."""

    acts: tuple[Act, ...]
    step: str
    why: dict[str, Any] = Field(default_factory=dict)


class Leave(Model):
    """Drop out, with acts that belong to leaving (another flow, a selection)."""

    reason: DropOut
    acts: tuple[Act, ...] = ()
    text: str | None = None
    why: dict[str, Any] = Field(default_factory=dict)


Outcome = GoTo | Park | Perform | Leave
