"""A contact: a person in the CRM, with what flows need to know (domain.md §1, §5, §9)."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import EmailStr, Field, ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator

from common.domain.instant import Instant
from common.domain.model import ContactId, Model, Slug
from common.domain.user import UserId

Scalar = str | bool | int | float | None
FieldValue = Scalar | list[str]

E_MARKETING = "e_marketing"
"""The purpose whose consent marketing mail asks for."""

MOST_CUSTOM = 200
MOST_RECENT = 100
"""Recent messages of each subscription type."""
MOST_CONSENTS = 50
MOST_IN_LIST = {"subscriptions": 100, "interests": 500, "projects": 1000}
"""Lists to which an event may add, and how many values each keeps."""


STORED = {"stored": True}
"""The validation context of contacts as they were kept: their addresses are known to be good."""


def _once(value: Any, check: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    """Checking an address takes longer than all else of a contact together."""
    return value if info.context is STORED else check(value)


Email = Annotated[EmailStr, WrapValidator(_once)]


class TooManyValues(ValueError):
    """The contact, or its company, would come to have more of these than can be kept."""

    def __init__(self, field: str, number: int, most: int) -> None:
        super().__init__(f"{field} would have {number} values; at most {most} are kept")


class LegalBasis(StrEnum):
    """Why personal data may be used (GDPR article 6)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate_interest"
    LEGAL_OBLIGATION = "legal_obligation"


class Consent(Model):
    """Consent of a contact for one purpose. Valid until withdrawn."""

    basis: LegalBasis
    source: str = Field(default="", max_length=200)
    at: Instant | None = None
    withdrawn_at: Instant | None = None

    derived: ClassVar[tuple[str, ...]] = ("valid",)
    """Facts that follow from its fields."""

    @property
    def valid(self) -> bool:
        return self.withdrawn_at is None


class Tally(Model):
    """How often something happened, and when last."""

    count: int = 0
    at: Instant | None = None

    def once_more(self, at: Instant) -> "Tally":
        return Tally(count=self.count + 1, at=at)


class Engagement(Model):
    """What the contact did with mails and forms, each mail opened once; `scanned`: what machines did in its name."""

    opened: Tally = Tally()
    clicked: Tally = Tally()
    submitted: Tally = Tally()
    scanned: Tally = Tally()


class SentMessage(Model):
    """A marketing message that was planned for the contact, `effect` in the ledger."""

    at: Instant
    effect: str
    subscription_type: Slug | None = None


class Company(Model):
    """What of its company a contact carries. `owner` and `service_contact`: users, as of the contact."""

    id: str = Field(default="", max_length=128)
    name: str = Field(default="", max_length=400)
    category: str | None = Field(default=None, max_length=200)
    country: str | None = Field(default=None, max_length=100)
    owner: UserId | None = None
    service_contact: UserId | None = None
    custom: dict[str, FieldValue] = Field(default_factory=dict, max_length=MOST_CUSTOM)


class ContactData(Model):
    """The fields that an event, an import or a step may set; those not given stay as they are.

    `custom` and `consents` are merged by key and `company` by field; everything else is replaced. `owner` and
    `service_contact` are users: who sells to the contact, and who helps it.
    """

    first_name: str = Field(default="", max_length=200)
    last_name: str = Field(default="", max_length=200)
    email: Email | None = None
    mobile: str | None = Field(default=None, max_length=40)
    country: str | None = Field(default=None, max_length=100)
    language: str | None = Field(default=None, max_length=35)
    category: str | None = Field(default=None, max_length=200)
    company: Company | None = None
    owner: UserId | None = None
    service_contact: UserId | None = None
    retired: bool = False
    no_mailing: bool = False
    consents: dict[str, Consent] = Field(default_factory=dict, max_length=MOST_CONSENTS)
    subscriptions: list[Slug] = Field(default_factory=list, max_length=MOST_IN_LIST["subscriptions"])
    interests: list[str] = Field(default_factory=list, max_length=MOST_IN_LIST["interests"])
    selections: list[Slug] = Field(default_factory=list, max_length=1000)
    projects: list[Slug] = Field(default_factory=list, max_length=MOST_IN_LIST["projects"])
    custom: dict[str, FieldValue] = Field(default_factory=dict, max_length=MOST_CUSTOM)


class Contact(ContactData):
    """A contact as stored. `revision` counts its changes, for compare-and-set.

    `engagement` is counted on the road and set by nobody. `recent` has the marketing messages that frequency caps
    may ask for, the newest last; it stays empty while there are no caps.
    """

    id: ContactId
    revision: int = 0
    engagement: Engagement = Engagement()
    recent: list[SentMessage] = Field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def merge(self, data: ContactData) -> "Contact":
        """This contact with the given fields of `data` taken over; same revision. Raises `TooManyValues`."""
        given: dict[str, Any] = {name: getattr(data, name) for name in data.model_fields_set}
        for name, most in (("custom", MOST_CUSTOM), ("consents", MOST_CONSENTS)):
            if name in given:
                given[name] = joined(name, getattr(self, name), given[name], most)
        if self.company is not None and data.company is not None:
            company = data.company
            custom = joined("company.custom", self.company.custom, company.custom, MOST_CUSTOM)
            given["company"] = self.company.but(
                **{name: getattr(company, name) for name in company.model_fields_set} | {"custom": custom}
            )
        contact: Contact = self.but(**given)
        return contact

    @property
    def our_contact(self) -> str | None:
        """The user to whom it belongs: its own owner, else its company's."""
        return self.owner or (self.company.owner if self.company else None)

    @property
    def our_service_contact(self) -> str | None:
        """The user who helps it: its own, else its company's."""
        return self.service_contact or (self.company.service_contact if self.company else None)

    def consents_to(self, purpose: str) -> bool:
        consent = self.consents.get(purpose)
        return consent is not None and consent.valid


def joined(field: str, before: dict[str, Any], given: dict[str, Any], most: int) -> dict[str, Any]:
    """Both, the given values first; raises `TooManyValues`, since what is stored must be readable again."""
    merged = {**before, **given}
    if len(merged) > most:
        raise TooManyValues(field, len(merged), most)
    return merged
