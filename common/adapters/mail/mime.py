"""One mail as bytes: the only place that knows MIME."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from email_validator import EmailNotValidError, validate_email

from common.ports import Unsendable

BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Mail:
    """What goes into a mail. Names and subject may hold anything; addresses must be addresses."""

    message_id: str
    """Without the angle brackets."""
    date: datetime
    sender: tuple[str, str]
    """(name, address)"""
    recipient: tuple[str, str]
    subject: str
    text: str
    html: str
    reply_to: str | None = None
    unsubscribe: str | None = None
    """The address for one-click unsubscription (RFC 8058), on marketing mail."""


def one_line(text: str) -> str:
    """Text fit for a header: whatever would end the line becomes a space."""
    return BREAKS.sub(" ", text).strip()


def compose(mail: Mail) -> bytes:
    """The message with CRLF line ends; raises `Unsendable` for an address that SMTP can't carry."""
    message = EmailMessage(policy=SMTP)
    message["From"] = address(*mail.sender)
    message["To"] = address(*mail.recipient)
    if mail.reply_to:
        message["Reply-To"] = address("", mail.reply_to)
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(mail.date)
    message["Message-ID"] = f"<{mail.message_id}>"
    if mail.unsubscribe:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message.as_bytes()


def address(name: str, spec: str) -> Address:
    return Address(display_name=one_line(name), addr_spec=ascii_address(spec))


def ascii_address(spec: str) -> str:
    """The address as the envelope carries it: an international domain in its ASCII form."""
    if spec.isascii():
        return spec
    try:
        found = validate_email(spec, check_deliverability=False).ascii_email
    except EmailNotValidError as error:
        raise Unsendable(f"{spec!r} is no e-mail address: {error}") from error
    if found is None:
        raise Unsendable(f"{spec!r} has letters outside ASCII before the @, which many servers can't take")
    return found
