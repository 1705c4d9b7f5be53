"""From a content and a contact to a mail: merge tags filled, addresses signed, HTML safe (domain.md §9)."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Any

from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from common.adapters.mail.linting import CONTACT_FIELDS, USER_FIELDS, lint
from common.adapters.mail.merge_tags import HTML, TEXT, MergeEnvironment, words_of
from common.adapters.mail.mime import Mail, ascii_address, compose, one_line
from common.adapters.mail.mjml import NoMjml, html_of
from common.adapters.mail.sanitizing import plain_text, sanitize, tag_text
from common.adapters.mail.tokens import PublicAddresses
from common.domain.analytics import Analytics
from common.domain.colleague import NOBODY, Ours
from common.domain.contact import Contact
from common.domain.content import ContentVersion, EmailContent
from common.domain.effect import Effect
from common.domain.flow import EmailSettings
from common.domain.sender import Sender, sender_of
from common.domain.user import User
from common.ports import Unsendable

__all__ = ["Rendered", "Renderer", "lint"]

SUBJECT = "subject"
"""The effect's setting that replaces the content's own subject."""

PREHEADER_STYLE = "display:none;max-height:0;overflow:hidden"
FOOTER_STYLE = "margin:24px 0 0;font-size:12px;color:#666666"
FOOTER_WORDS = "Unsubscribe"


@dataclass(frozen=True, slots=True)
class Compiled:
    """One version of a content, ready to be filled."""

    subject: BoundTemplate
    preheader: BoundTemplate
    html: BoundTemplate
    text: BoundTemplate | None
    """`None`: made from each filled mail."""
    says_unsubscribe: bool

    def fill(
        self,
        values: Mapping[str, Any],
        *,
        marketing: bool,
        subject: BoundTemplate | None = None,
        pixel: str | None = None,
    ) -> "Filled":
        """`subject` goes before the content's own. Marketing mail that offers no way out gets one, to the address in
        `values`. Raises `LiquidError`."""
        footer = values["unsubscribe"] if marketing and not self.says_unsubscribe else None
        line = (subject or self.subject).render(values)
        preheader, body = self.preheader.render(values), self.html.render(values)
        text = plain_text(body) if self.text is None else self.text.render(values)
        return Filled(
            subject=line,
            preheader=preheader,
            html=document(one_line(line), preheader, body, footer, pixel),
            text=text + (f"\n\n{FOOTER_WORDS}: {footer}\n" if footer else ""),
        )


@dataclass(frozen=True, slots=True)
class Filled:
    """A content with values in place of its merge tags; `html` is a whole page."""

    subject: str
    preheader: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail with its envelope."""

    message: bytes
    sender: str
    recipient: str


class Renderer:
    """Fills contents. Compiled versions are kept, the `kept` used last."""

    def __init__(self, addresses: PublicAddresses, kept: int = 200, *, opens: bool = True) -> None:
        """`opens`: marketing mail tells when it is opened, unless its content says no."""
        self._addresses = addresses
        self._opens = opens
        self._kept = kept
        self._compiled: OrderedDict[tuple[str, int, Analytics | None], Compiled] = OrderedDict()
        self._subject: Callable[[str], BoundTemplate] = lru_cache(kept)(TEXT.from_string)

    def render(
        self,
        content: ContentVersion,
        effect: Effect,
        contact: Contact,
        settings: EmailSettings,
        now: datetime,
        ours: Ours = NOBODY,
        sender: Sender | None = None,
    ) -> Rendered:
        """The mail that this effect sends to this contact at `now` (business time).

        `sender`: whom it comes from; without one, the address of the settings. Bounces go to that in any case.
        Raises `Unsendable` when the content's merge tags fail or the contact has no address.
        """
        if contact.email is None:
            raise Unsendable("the contact has no e-mail address")
        try:
            shown = sender or sender_of(settings.origin, ours)
            mail = self._fill(content, effect, contact, settings, now, ours, shown)
        except LiquidError as error:
            raise Unsendable(
                f"content {content.content}, version {content.version}: {words_of(error)}"
            ) from error
        bounces, recipient = ascii_address(settings.from_address), ascii_address(contact.email)
        return Rendered(compose(mail), bounces, recipient)

    def _fill(
        self,
        content: ContentVersion,
        effect: Effect,
        contact: Contact,
        settings: EmailSettings,
        now: datetime,
        ours: Ours,
        sender: Sender,
    ) -> Mail:
        compiled = self._compile(content, settings.analytics)
        marketing = not settings.override_consent
        values = self._values(content.body, effect.id, contact, ours) | {
            "unsubscribe": self._addresses.unsubscribe(effect.id),
            "preferences": self._addresses.preferences(effect.id),
        }
        own_subject = effect.settings.get(SUBJECT)
        told = marketing and self._opens and content.body.track_opens
        filled = compiled.fill(
            values,
            subject=self._subject(own_subject) if own_subject else None,
            marketing=marketing,
            pixel=self._addresses.opened(effect.id) if told else None,
        )
        return Mail(
            message_id=f"{effect.message_id}@{domain_of(settings.from_address)}",
            date=now,
            sender=(sender.name, sender.address),
            recipient=(contact.name, contact.email or ""),
            reply_to=sender.reply_to,
            subject=filled.subject,
            text=filled.text,
            html=filled.html,
            unsubscribe=values["unsubscribe"] if marketing else None,
            carries=bool(content.body.attachments),
        )

    def _values(self, content: EmailContent, effect: str, contact: Contact, ours: Ours) -> dict[str, Any]:
        return {
            **values_of(contact, ours),
            "links": {name: self._addresses.link(effect, name) for name in content.links},
            "forms": {name: self._addresses.form(effect, name) for name in content.forms},
        }

    def _compile(self, content: ContentVersion, analytics: Analytics | None) -> Compiled:
        key = (content.content, content.version, analytics)
        if (known := self._compiled.get(key)) is not None:
            self._compiled.move_to_end(key)
            return known
        compiled = self._compiled[key] = compile_content(content.body, analytics)
        if len(self._compiled) > self._kept:
            self._compiled.popitem(last=False)
        return compiled


def compile_content(
    body: EmailContent,
    analytics: Analytics | None = None,
    *,
    in_html: MergeEnvironment = HTML,
    in_text: MergeEnvironment = TEXT,
) -> Compiled:
    """Each template is named after the field it comes from.

    Raises `LiquidError` for what `lint` would have told, `Unsendable` for HTML that can't be made safe."""
    try:
        safe = sanitize(html_of(body), analytics)
    except NoMjml as error:
        raise Unsendable(f"its MJML can't be read: {error}") from error
    if safe.torn or safe.lost:
        raise Unsendable("merge tags stand where HTML keeps nothing; check the content again")
    field = "mjml" if body.mjml else "html"
    html = in_html.from_string(safe.html, name=field)
    text = safe.text if body.text is None else tag_text(body.text, analytics)
    return Compiled(
        subject=in_text.from_string(body.subject, name="subject"),
        preheader=in_text.from_string(body.preheader, name="preheader"),
        html=html,
        text=None if text is None else in_text.from_string(text, name=field if body.text is None else "text"),
        says_unsubscribe="unsubscribe" in html.analyze().globals,
    )


def values_of(contact: Contact, ours: Ours) -> dict[str, Any]:
    """What merge tags stand for wherever they are."""
    return {
        "contact": contact_values(contact),
        "company": contact.company.model_dump() if contact.company else {},
        "owner": user_values(ours.owner),
        "service_contact": user_values(ours.service_contact),
        "event": ours.event,
        "fields": ours.fields,
    }


def user_values(user: User | None) -> Mapping[str, Any]:
    return user.model_dump(include=set(USER_FIELDS)) if user else {}


def contact_values(contact: Contact) -> Mapping[str, Any]:
    return contact.model_dump(include=set(CONTACT_FIELDS)) | {"name": contact.name}


def document(subject: str, preheader: str, body: str, unsubscribe: str | None, pixel: str | None) -> str:
    """A whole HTML page around a filled body; with a footer where the body offers no way out, and a picture that
    tells when it is opened."""
    hidden = f'<div style="{PREHEADER_STYLE}">{escape(one_line(preheader))}</div>\n' if preheader else ""
    link = f'<a href="{escape(unsubscribe)}">{FOOTER_WORDS}</a>' if unsubscribe else ""
    footer = f'\n<p style="{FOOTER_STYLE}">{link}</p>' if link else ""
    picture = f'\n<img src="{escape(pixel)}" width="1" height="1" alt="">' if pixel else ""
    return (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(subject)}</title>\n</head>\n<body>\n{hidden}{body}{footer}{picture}\n</body>\n</html>\n"
    )


def domain_of(address: str) -> str:
    return ascii_address(address).rpartition("@")[2]
