"""E-mail content: immutable by version (domain.md §9)."""

from typing import Self

from pydantic import Field, HttpUrl, model_validator

from common.domain.attachment import MOST_FILES, Attachment
from common.domain.content_actions import AnyLinkAction
from common.domain.instant import Instant
from common.domain.model import Model, Slug


class TrackedLink(Model):
    """Where it leads: `to` an address, or to a page that shows `title` and `text`. `actions` are done when a person
    follows it."""

    to: HttpUrl | None = None
    title: str = Field(default="Thank you", min_length=1, max_length=400)
    text: str = Field(default="", max_length=20_000)
    actions: list[AnyLinkAction] = Field(default_factory=list, max_length=50)

    @model_validator(mode="after")
    def leads_somewhere(self) -> Self:
        if (self.to is None) != bool(self.text):
            raise ValueError("give it a destination or a text to show, one of them")
        return self


class EmailContent(Model):
    """What an author writes. Merge tags are Liquid: `{{ contact.first_name | default: "there" }}`.

    `links` names destinations, or whole links with actions; `{{ links.offer }}` is replaced by an address whose click
    is recorded.
    `attachments` names uploaded files that go out with the mail.
    `forms` names forms; `{{ forms.rsvp }}` is replaced by the address of the hosted form.
    The body is `html`, or `mjml` from which responsive HTML is made; without `text`, the plain part is made from it.
    `track_opens`: marketing mail tells when it is opened, where the installation allows that.
    """

    name: str = Field(min_length=1, max_length=200)
    subject: str = Field(min_length=1, max_length=998)
    preheader: str = Field(default="", max_length=500)
    html: str = Field(default="", max_length=500_000)
    mjml: str = Field(default="", max_length=500_000)
    text: str | None = Field(default=None, max_length=500_000)
    links: dict[Slug, HttpUrl | TrackedLink] = Field(default_factory=dict, max_length=200)
    forms: list[Slug] = Field(default_factory=list, max_length=50)
    attachments: list[Attachment] = Field(default_factory=list, max_length=MOST_FILES)
    track_opens: bool = True

    @model_validator(mode="after")
    def one_body(self) -> Self:
        if bool(self.html) == bool(self.mjml):
            raise ValueError("give the body as html or as mjml, one of them")
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """All that may hold merge tags."""
        return self.subject, self.preheader, self.html, self.mjml, self.text or ""

    def link(self, name: str) -> TrackedLink | None:
        """The link of this name; `None`: there is none."""
        found = self.links.get(name)
        return found if found is None or isinstance(found, TrackedLink) else TrackedLink(to=found)


class ContentVersion(Model):
    """One version of a content."""

    v: int = 1
    content: Slug
    version: int
    body: EmailContent
    created_at: Instant
