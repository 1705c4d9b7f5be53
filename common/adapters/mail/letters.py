"""The channel `letter`: mails that no flow sends, in plain text and once more as HTML."""

import json
from collections.abc import Sequence
from datetime import datetime
from html import escape

from liquid.exceptions import LiquidError

from common.adapters.mail.channel import ConnectionSlots, PreparedMail
from common.adapters.mail.merge_tags import TEXT, words_of
from common.adapters.mail.mime import Mail, ascii_address, compose, one_line
from common.adapters.mail.rendering import Rendered, document, domain_of
from common.adapters.mail.senders import Senders
from common.domain.contact import Contact
from common.domain.effect import Effect
from common.domain.flow import Flow
from common.domain.letter import LETTER, TO
from common.ports import Mailer, Unsendable


class LetterChannel:
    """`timeout` is that of the mailer, `connections` its most."""

    name = LETTER
    counts_bounces = True
    knows_repeats = False

    def __init__(self, senders: Senders, mailer: Mailer, *, connections: int, timeout: float) -> None:
        self._senders = senders
        self._mailer = mailer
        self.slots = ConnectionSlots(connections)
        self.timeout = timeout

    async def prepare(
        self, effect: Effect, flow: Flow | None, contact: Contact, now: datetime
    ) -> PreparedMail:
        await self._senders.check(effect.settings.get("from_address", ""))
        return PreparedMail(render(effect, now), self._mailer)


def render(effect: Effect, now: datetime) -> Rendered:
    """Raises `Unsendable` when merge tags fail or a setting is not there."""
    try:
        told = effect.settings
        values = json.loads(told["values"])
        subject, text = (TEXT.from_string(told[name]).render(values) for name in ("subject", "text"))
        sender, recipient = told["from_address"], told[TO]
    except LiquidError as error:
        raise Unsendable(words_of(error)) from error
    except (KeyError, ValueError) as error:
        raise Unsendable(f"the letter is not complete: {error}") from error
    mail = Mail(
        message_id=f"{effect.message_id}@{domain_of(sender)}",
        date=now,
        sender=(told.get("from_name", ""), sender),
        recipient=("", recipient),
        subject=subject,
        text=text,
        html=document(one_line(subject), "", paragraphs(text), None, None),
    )
    return Rendered(compose(mail), ascii_address(sender), ascii_address(recipient))


def paragraphs(text: str) -> str:
    """Plain text as HTML; a line that is an address can be followed."""
    return "".join(f"<p>{'<br>'.join(map(line, part.splitlines()))}</p>" for part in text.split("\n\n"))


def line(text: str) -> str:
    shown = escape(text)
    follow = text.startswith(("https://", "http://")) and not any(each.isspace() for each in text)
    return f'<a href="{shown}">{shown}</a>' if follow else shown


def template_problems(fields: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is wrong with merge tags: (field, what to do)."""
    wrong = []
    for field, source in fields:
        try:
            TEXT.from_string(source)
        except LiquidError as error:
            wrong.append((field, words_of(error)))
    return wrong
