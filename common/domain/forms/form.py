"""The form as a document: pages of elements, its life, and what becomes of submissions (domain.md §9)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import EmailStr, Field, HttpUrl, PlainSerializer

from common.domain.content_actions import AnyAction
from common.domain.forms.element import Element
from common.domain.forms.elements import AnyElement
from common.domain.instant import Instant
from common.domain.model import Model, Slug

MOST_ELEMENTS = 100

Address = Annotated[HttpUrl, PlainSerializer(str, return_type=str)]
"""http or https, nothing else: a browser is sent there."""


class Processing(StrEnum):
    """Who decides whose a submission is."""

    AUTOMATIC = "automatic"
    MANUAL_WHEN_UNKNOWN = "manual_when_unknown"
    MANUAL = "manual"


class Page(Model):
    title: str = Field(default="", max_length=400)
    elements: list[AnyElement] = Field(min_length=1, max_length=MOST_ELEMENTS)


class Life(Model):
    """When the form takes no more: from a moment of business time on, or after so many submissions."""

    closes_at: Instant | None = None
    most_submissions: int | None = Field(default=None, ge=1)
    closed_title: str = Field(default="This form is closed", min_length=1, max_length=400)
    closed_text: str = Field(default="It takes no more answers.", max_length=10_000)

    def over(self, now: datetime, submissions: int) -> bool:
        late = self.closes_at is not None and now >= self.closes_at
        return late or (self.most_submissions is not None and submissions >= self.most_submissions)


class ThankYou(Model):
    """What whoever submitted sees: words, or another page in their place."""

    title: str = Field(default="Thank you", min_length=1, max_length=400)
    text: str = Field(default="We have received it.", max_length=10_000)
    redirect: Address | None = None


class DoubleOptIn(Model):
    """A mail whose link has to be confirmed before a submission counts; `minutes` of business time."""

    minutes: int = Field(default=30, ge=1, le=60 * 24 * 30)
    subject: str = Field(default="Please confirm", min_length=1, max_length=998, pattern=r"^[^\r\n]+$")
    text: str = Field(default="Please confirm that it was you:", min_length=1, max_length=20_000)

    def until(self, received: datetime) -> datetime:
        """Until when it can be confirmed."""
        return received + timedelta(minutes=self.minutes)


class Sender(Model):
    """From whom the form's mails come."""

    name: str = Field(default="", max_length=200)
    address: EmailStr


class NewPeople(Model):
    """What people get whom the form creates, where it does not ask for it."""

    category: str | None = Field(default=None, min_length=1, max_length=200)
    business: str | None = Field(default=None, min_length=1, max_length=200)


class Form(Model):
    """A form as its author writes it. `use_existing_company`: a company that somebody known belongs to already,
    by its name, is taken over with its id."""

    schema_version: int = Field(default=1, ge=1, le=1)
    name: str = Field(min_length=1, max_length=200)
    title: str = Field(default="", max_length=400)
    language: str = Field(default="en", pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")
    submit: str = Field(default="Send", min_length=1, max_length=100)
    pages: list[Page] = Field(min_length=1, max_length=20)
    life: Life = Life()
    thank_you: ThankYou = ThankYou()
    processing: Processing = Processing.MANUAL_WHEN_UNKNOWN
    double_opt_in: DoubleOptIn | None = None
    sender: Sender | None = None
    use_existing_company: bool = False
    new_people: NewPeople = NewPeople()
    actions: list[AnyAction] = Field(default_factory=list, max_length=50)

    @property
    def elements(self) -> Iterator[Element]:
        for page in self.pages:
            yield from page.elements

    @property
    def address_element(self) -> Element | None:
        """The one that asks for the e-mail address by which people are found."""
        return next((each for each in self.elements if each.address), None)

    @property
    def puzzle(self) -> Element | None:
        return next((each for each in self.elements if each.puzzle), None)


class FormVersion(Model):
    """One version of a form, immutable."""

    v: int = 1
    form: Slug
    version: int
    body: Form
    created_at: Instant
