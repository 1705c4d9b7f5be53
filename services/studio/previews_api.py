"""`/v1/contents/…/preview`: a content as one contact would get it, before anybody does."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field, model_validator

from common.adapters.colleagues import Colleagues
from common.adapters.mail.previewing import Previewed, Unfilled, preview
from common.adapters.mail.senders import Senders
from common.domain.access import Scope
from common.domain.colleague import Ours
from common.domain.contact import Contact
from common.domain.content import EmailContent
from common.domain.flow import EmailSettings, Flow
from common.domain.mail_steps import Mailed, NotMailed, mailed
from common.domain.model import ContactId, Model, Slug
from common.domain.sender import Sender
from common.ports import Contacts, Contents, FlowDesigns, Unsendable
from common.runtime.keys import require
from common.runtime.problems import Conflict, Invalid, NotFound
from services.studio.contents_api import Lint, as_error


class NotRendered(Conflict):
    """Its mail would not go out, either."""

    slug, title = "not-rendered", "The content can't be filled for this contact"


class PreviewQuestion(Model):
    """Of the stored content: its newest version, or `version`; of `content`, if it is sent: before it is saved. So
    are the flow's e-mail settings (`email`) and the step's `subject`, which go before those that are stored.

    `event` and `fields`: what merge tags find of the event that enrols, and of the form submitted last.
    """

    contact: ContactId
    version: int | None = Field(default=None, ge=1)
    content: EmailContent | None = None
    email: EmailSettings | None = None
    subject: str | None = Field(default=None, max_length=998, pattern=r"^[^\r\n]*$")
    event: dict[str, Any] = Field(default_factory=dict, max_length=200)
    fields: dict[str, Any] = Field(default_factory=dict, max_length=200)

    @model_validator(mode="after")
    def one_source(self) -> Self:
        if self.content is not None and self.version is not None:
            raise ValueError("give `content` or `version`, not both")
        return self


class PreviewSender(Model):
    name: str
    address: str
    reply_to: str | None


class PreviewWarning(Model):
    """What is missing in it. `tag`: the merge tag that stayed empty, in this field of the content."""

    field: str
    tag: str | None = None
    detail: str


class Preview(Model):
    """As it would be mailed, but for its addresses: links lead straight to their destinations, all others nowhere.

    `version`: `null` for a content that was sent along. `step`: the one that mails it, if the flow has one alone or
    it was named; `subject` is the step's own, if it has one. `sender`: `null` where no flow says from whom.
    """

    content: Slug
    version: int | None
    step: Slug | None
    contact: ContactId
    recipient: str | None
    sender: PreviewSender | None
    subject: str
    preheader: str
    html: str
    text: str
    warnings: list[PreviewWarning]


@dataclass(frozen=True, slots=True)
class Previews:
    """Contents as contacts would get them; nothing is written, and nothing is sent."""

    contents: Contents
    contacts: Contacts
    flows: FlowDesigns
    colleagues: Colleagues
    senders: Senders
    lint: Lint

    async def of(
        self, content: str, question: PreviewQuestion, flow: str | None, step: str | None = None
    ) -> Preview:
        version, body = await self._content(content, question)
        draft = await self._draft(flow) if flow is not None else None
        settings = question.email or (draft.email if draft else None)
        mail = mail_of(question, draft, content, step)
        contact = await self._contact(question.contact)
        ours = replace(await self.colleagues.of(contact), event=question.event, fields=question.fields)
        sender, troubles = await self._sender(flow, settings, ours)
        shown = Shown(content, version, body, contact, ours, settings, mail, sender)
        return shown.preview(troubles)

    async def _content(self, content: str, question: PreviewQuestion) -> tuple[int | None, EmailContent]:
        if question.content is not None:
            if wrong := [as_error(each) for each in self.lint(question.content)]:
                raise Invalid([each | {"pointer": f"#/content{str(each['pointer'])[1:]}"} for each in wrong])
            return None, question.content
        if question.version is None:
            stored = await self.contents.latest(content)
        else:
            stored = await self.contents.version(content, question.version)
        if stored is None:
            wanted = content if question.version is None else f"{content}:{question.version}"
            raise NotFound("content", wanted)
        return stored.version, stored.body

    async def _draft(self, flow: str) -> Flow:
        stored = await self.flows.get(flow)
        if stored is None:
            raise NotFound("flow", flow)
        return stored.draft

    async def _contact(self, contact: str) -> Contact:
        found = (await self.contacts.many([contact])).get(contact)
        if found is None:
            raise NotFound("contact", contact)
        return found

    async def _sender(
        self, flow: str | None, settings: EmailSettings | None, ours: Ours
    ) -> tuple[PreviewSender | None, Sequence[PreviewWarning]]:
        if settings is None or not settings.from_address:
            return None, [no_sender(flow)]
        try:
            found = await self.senders.of(settings, ours)
        except Unsendable as error:
            return None, [PreviewWarning(field="sender", detail=str(error))]
        return told(found), ()


def mail_of(question: PreviewQuestion, draft: Flow | None, content: str, step: str | None) -> Mailed:
    """By which step, under which subject. Raises `Invalid` for a step that does not mail it."""
    if step is not None and draft is None:
        raise Invalid([{"parameter": "step", "detail": "name the `flow` that it is a step of, too"}])
    try:
        stored = mailed(draft, content, step) if draft else Mailed()
    except NotMailed as error:
        raise Invalid([{"parameter": "step", "detail": str(error)}]) from None
    return Mailed(stored.step, question.subject) if question.subject else stored


def rendered(
    body: EmailContent, contact: Contact, ours: Ours, settings: EmailSettings | None, subject: str | None
) -> Previewed:
    """Without settings, as marketing mail. Raises `NotRendered`."""
    try:
        if settings is None:
            return preview(body, contact, ours, subject=subject)
        return preview(
            body,
            contact,
            ours,
            analytics=settings.analytics,
            marketing=not settings.override_consent,
            subject=subject,
        )
    except Unsendable as error:
        raise NotRendered(str(error)) from error


@dataclass(frozen=True, slots=True)
class Shown:
    """All that a preview is made of."""

    content: str
    version: int | None
    body: EmailContent
    contact: Contact
    ours: Ours
    settings: EmailSettings | None
    mail: Mailed
    sender: PreviewSender | None

    def preview(self, troubles: Iterable[PreviewWarning] = ()) -> Preview:
        """Raises `NotRendered`."""
        found = rendered(self.body, self.contact, self.ours, self.settings, self.mail.subject)
        return Preview(
            content=self.content,
            version=self.version,
            step=self.mail.step,
            contact=self.contact.id,
            recipient=self.contact.email,
            sender=self.sender,
            subject=found.filled.subject,
            preheader=found.filled.preheader,
            html=found.filled.html,
            text=found.filled.text,
            warnings=[
                *of_recipient(self.contact),
                *troubles,
                *of_subject(self.mail),
                *map(warning_of, found.unfilled),
            ],
        )


def of_recipient(contact: Contact) -> Iterator[PreviewWarning]:
    if contact.email is None:
        yield PreviewWarning(field="recipient", detail="the contact has no e-mail address; nothing is mailed")


def warning_of(unfilled: Unfilled) -> PreviewWarning:
    return PreviewWarning(field=unfilled.field, tag=unfilled.tag, detail=unfilled.detail())


def told(sender: Sender) -> PreviewSender:
    return PreviewSender(name=sender.name, address=sender.address, reply_to=sender.reply_to)


def no_sender(flow: str | None) -> PreviewWarning:
    detail = (
        "name a `flow` to see from whom its mail comes"
        if flow is None
        else f"flow {flow!r} doesn't say from which address it mails (`email.from_address`)"
    )
    return PreviewWarning(field="sender", detail=detail)


def of_subject(mail: Mailed) -> Iterator[PreviewWarning]:
    if mail.unclear:
        yield PreviewWarning(field="subject", detail=mail.unclear)


def router(previews: Previews) -> APIRouter:
    routes = APIRouter(
        prefix="/v1/contents",
        tags=["contents"],
        dependencies=[Depends(require(Scope.CONTENT, Scope.MANAGE)), Depends(require(Scope.REPORTS))],
    )

    @routes.post("/{content}/preview")
    async def preview_content(
        content: Annotated[Slug, Path()],
        question: PreviewQuestion,
        flow: Annotated[Slug | None, Query()] = None,
        step: Annotated[Slug | None, Query()] = None,
    ) -> Preview:
        """A content filled for a contact, as it would be mailed. `flow`: whose e-mail settings (sender, analytics,
        consent) apply, and whose step's subject; `step`: which, where several mail it differently.
        It asks for `reports` besides, as merge tags show what is known of the contact."""
        return await previews.of(content, question, flow, step)

    return routes
