"""What flows have done in the CRM: values as they stand in the ledger, with merge tags in their texts."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StringConstraints

from common.domain.colleague import Colleague
from common.domain.contact import Contact
from common.domain.contact_changes import NOT_DATA, values
from common.domain.instant import Instant
from common.domain.model import Model
from common.domain.outcomes import PlanCall
from common.domain.user import UserId

CRM = "crm"
"""The channel of acts in the CRM in the effect ledger."""

LONGEST_TITLE = 200
LONGEST_TEXT = 20_000

Listed = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
"""An entry of one of the CRM's lists: its id where the CRM has ids, else the word that it uses."""

Title = Annotated[str, StringConstraints(max_length=LONGEST_TITLE, pattern=r"^[^\r\n]*$")]
Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]
Currency = Annotated[str, StringConstraints(pattern=r"^([A-Z]{3}|[0-9]{1,9})$")]
"""Its code (ISO 4217), or its id in the CRM."""


class Whom(StrEnum):
    """To whom of ours something new may be given."""

    OUR_CONTACT = Colleague.OUR_CONTACT.value
    OUR_SERVICE_CONTACT = Colleague.OUR_SERVICE_CONTACT.value
    USER = "user"
    NOBODY = "nobody"

    def of(self, contact: Contact, named: str | None) -> str | None:
        """The user's id, `None` where the contact has no such one."""
        match self:
            case Whom.OUR_CONTACT | Whom.OUR_SERVICE_CONTACT:
                return Colleague(self.value).of(contact)
            case Whom.USER:
                return named
            case Whom.NOBODY:
                return None

    def problems(self, named: str | None) -> Iterator[tuple[str, str]]:
        """What is wrong with the user that a step names beside it."""
        if self is Whom.USER and named is None:
            yield "user", "choose who is to have it"
        if self is not Whom.USER and named is not None:
            yield "user", "is used only where it is given to a user; leave it out, or give it to them"


class CrmAct(Model):
    """One thing to be done for a contact. `titles` and `texts` are its fields that may hold merge tags: one line, or
    many; `pages` those that are HTML."""

    kind: str

    titles: ClassVar[tuple[str, ...]] = ()
    texts: ClassVar[tuple[str, ...]] = ()
    pages: ClassVar[tuple[str, ...]] = ()

    def as_of(self, contact: Contact) -> Self:
        """With what it says of the contact as it stands when it is done."""
        return self

    def planned(self) -> PlanCall:
        """The effect in which it is done; whether a repeat is known is a matter of the CRM."""
        return PlanCall(channel=CRM, settings=self.settings())

    def settings(self) -> dict[str, Any]:
        """As it is kept in the ledger."""
        return {"kind": self.kind, **self.model_dump(mode="json", exclude_defaults=True)}


class NewRequest(CrmAct):
    """`automatic`: the CRM finds an owner."""

    kind: Literal["create_request"] = "create_request"
    title: Title
    type: Listed | None = None
    status: Listed | None = None
    category: Listed | None = None
    priority: Listed | None = None
    owner: UserId | None = None
    automatic: bool = False
    message: Text = ""

    titles: ClassVar[tuple[str, ...]] = ("title",)
    texts: ClassVar[tuple[str, ...]] = ("message",)


class NewSale(CrmAct):
    """`date`: when it is expected to be sold; without one that of its type."""

    kind: Literal["create_sale"] = "create_sale"
    title: Title
    type: Listed | None = None
    stage: Listed | None = None
    amount: float | None = None
    currency: Currency | None = None
    description: Text = ""
    project: str | None = None
    date: Instant | None = None
    owner: UserId | None = None

    titles: ClassVar[tuple[str, ...]] = ("title",)
    texts: ClassVar[tuple[str, ...]] = ("description",)


class NewFollowUp(CrmAct):
    """A task that is due on the day of `begins`, or a meeting at the first time from then on at which its owner is
    free for `minutes`. `zone`: in which the day and working hours are meant."""

    kind: Literal["create_follow_up"] = "create_follow_up"
    title: Title
    type: Listed | None = None
    meeting: bool = False
    begins: Instant
    minutes: int = 30
    zone: str = "UTC"
    free: bool = False
    project: str | None = None
    owner: UserId | None = None
    agenda: Text = ""

    titles: ClassVar[tuple[str, ...]] = ("title",)
    pages: ClassVar[tuple[str, ...]] = ("agenda",)


class Telling(CrmAct):
    """What has happened here already, and the CRM is told."""


class NewContact(Telling):
    """Somebody whom a form created here. `values`: all that is known by then."""

    kind: Literal["create_contact"] = "create_contact"
    values: dict[str, Any] = Field(default_factory=dict)

    def as_of(self, contact: Contact) -> Self:
        known = contact.model_dump(mode="json", exclude_defaults=True, exclude=set(NOT_DATA))
        done: Self = self.but(values=known)
        return done


class ChangedContact(Telling):
    """The contact carries it already. Of `fields` the values at the moment of telling are told: what was changed
    twice is told as it is in the end, in whatever order, and the ledger keeps no values."""

    kind: Literal["change_contact"] = "change_contact"
    fields: tuple[str, ...]
    values: dict[str, Any] = Field(default_factory=dict)

    def as_of(self, contact: Contact) -> Self:
        done: Self = self.but(values=values(contact, self.fields))
        return done


class ChangedCompany(Telling):
    """The same of a company, as its contact carries it; `fields` begin with `company.`."""

    kind: Literal["change_company"] = "change_company"
    company: str
    fields: tuple[str, ...]
    values: dict[str, Any] = Field(default_factory=dict)

    def as_of(self, contact: Contact) -> Self:
        done: Self = self.but(values=values(contact, self.fields).get("company", {}))
        return done


class Membership(Telling):
    """Of a contact that is on the selection or project already, or off it. `still`: when the CRM is told."""

    of: Literal["selection", "project"]
    name: str
    still: bool = True

    def has(self, contact: Contact) -> bool:
        return self.name in (contact.selections if self.of == "selection" else contact.projects)


class Join(Membership):
    kind: Literal["join"] = "join"

    def as_of(self, contact: Contact) -> Self:
        done: Self = self.but(still=self.has(contact))
        return done


class Quit(Membership):
    kind: Literal["leave"] = "leave"

    def as_of(self, contact: Contact) -> Self:
        done: Self = self.but(still=not self.has(contact))
        return done


class ScriptRun(CrmAct):
    """`script` is the CRM's name, or id, of it."""

    kind: Literal["run_script"] = "run_script"
    script: Listed
    parameters: dict[str, Text] = Field(default_factory=dict, max_length=50)

    texts: ClassVar[tuple[str, ...]] = ("parameters",)


AnyTelling = NewContact | ChangedContact | ChangedCompany | Join | Quit
AnyAct = Annotated[NewRequest | NewSale | NewFollowUp | ScriptRun | AnyTelling, Field(discriminator="kind")]
