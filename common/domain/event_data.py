"""What the data of the built-in event types must look like; other types carry whatever they like."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from common.domain.contact import MOST_IN_LIST, Company, ContactData
from common.domain.event import (
    CHAT_STARTED,
    COMPANY_CHANGED,
    CONTACT_CONSENTED,
    CONTACT_CREATED,
    CONTACT_PREFERRED,
    CONTACT_UNCONSENTED,
    CONTACT_UNSUBSCRIBED,
    CONTACT_UPDATED,
    FOLLOW_UP_CREATED,
    FORM_SUBMITTED,
    LINK_CLICKED,
    MAIL_BOUNCED,
    MAIL_COMPLAINED,
    MAIL_OPENED,
    ORDER_PLACED,
    PROJECT_ADDED,
    PROJECT_REMOVED,
    REQUEST_CREATED,
    REQUEST_MESSAGE_ADDED,
    SALE_CREATED,
    SALE_LOST,
    SALE_SOLD,
    SELECTION_ADDED,
    SELECTION_REMOVED,
)
from common.domain.held_consents import HeldConsents
from common.domain.model import Model, Slug
from common.domain.subscription_type import MOST_TYPES


class EventData(BaseModel):
    """Data with fields that the engine reads; further fields are kept for conditions and merge tags."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Listed(Model):
    """Values that are to be in lists of the contact, or no longer, whatever else is there."""

    subscriptions: list[Slug] = Field(default_factory=list, max_length=MOST_IN_LIST["subscriptions"])
    interests: list[str] = Field(default_factory=list, max_length=MOST_IN_LIST["interests"])
    projects: list[Slug] = Field(default_factory=list, max_length=MOST_IN_LIST["projects"])


class ContactEventData(ContactData):
    """Fields of the contact, under `add` and `remove` what is put into its lists and taken out of them, under
    `held_consents` all that another system holds of its consents (of the two, the later word counts), and under `crm`
    what the CRM told besides: that stays with the event."""

    add: Listed = Listed()
    remove: Listed = Listed()
    held_consents: HeldConsents | None = None
    crm: dict[str, Any] = Field(default_factory=dict)


class CompanyChangedData(Company):
    """Fields of a company that hold from now on for all its contacts; `company` is its id."""

    model_config = ConfigDict(extra="allow")

    company: str | None = Field(default=None, min_length=1, max_length=128)


class ConsentedData(EventData):
    """Of a consent that was given or withdrawn in another system: all that it holds of the contact's now."""

    held_consents: HeldConsents | None = None


class FormData(EventData):
    form: Slug
    fields: dict[str, Any] = Field(default_factory=dict, max_length=200)


class ReaderData(EventData):
    """`effect`: the message. `bot`: a machine did it, and `sign` is what gave it away; it moves nobody."""

    effect: str | None = Field(default=None, max_length=64)
    bot: bool = False


class RefusedData(EventData):
    """A message that came back, or was complained of. `email`: the address, where it is not the contact's own."""

    effect: str | None = Field(default=None, max_length=64)
    email: str | None = Field(default=None, max_length=320)
    permanent: bool = False
    reason: str = Field(default="", max_length=1_000)


class LinkData(ReaderData):
    link: str = Field(min_length=1, max_length=200)


class AmountData(EventData):
    """An order's, or a sale's."""

    amount: float | None = Field(default=None, strict=True, allow_inf_nan=False)


class SaleData(AmountData):
    """`company`: the id of the company that it is made with."""

    company: str | None = Field(default=None, min_length=1, max_length=128)


class CaseData(EventData):
    """Of a request, a chat or a follow-up: whatever the CRM tells of it, for conditions and merge tags."""


class SelectionData(EventData):
    selection: Slug


class ProjectData(EventData):
    project: Slug


class UnsubscribedData(EventData):
    """Without a type, it is about all marketing mail."""

    subscription_type: Slug | None = None


class PreferredData(EventData):
    """What is not named stays as it is. `e_marketing`: whether marketing mail is wanted at all."""

    subscriptions: dict[Slug, bool] = Field(default_factory=dict, max_length=MOST_TYPES)
    e_marketing: bool | None = None


DATA: Mapping[str, type[BaseModel]] = {
    CHAT_STARTED: CaseData,
    COMPANY_CHANGED: CompanyChangedData,
    CONTACT_CONSENTED: ConsentedData,
    CONTACT_CREATED: ContactEventData,
    CONTACT_PREFERRED: PreferredData,
    CONTACT_UNCONSENTED: ConsentedData,
    CONTACT_UNSUBSCRIBED: UnsubscribedData,
    CONTACT_UPDATED: ContactEventData,
    FOLLOW_UP_CREATED: CaseData,
    FORM_SUBMITTED: FormData,
    LINK_CLICKED: LinkData,
    MAIL_BOUNCED: RefusedData,
    MAIL_COMPLAINED: RefusedData,
    MAIL_OPENED: ReaderData,
    ORDER_PLACED: AmountData,
    PROJECT_ADDED: ProjectData,
    PROJECT_REMOVED: ProjectData,
    REQUEST_CREATED: CaseData,
    REQUEST_MESSAGE_ADDED: CaseData,
    SALE_CREATED: SaleData,
    SALE_LOST: SaleData,
    SALE_SOLD: SaleData,
    SELECTION_ADDED: SelectionData,
    SELECTION_REMOVED: SelectionData,
}
"""By event type, how its data is checked when it comes in."""
