"""One mail as bytes: the only place that knows MIME."""

import re
from binascii import b2a_qp
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from common.ports import Unsendable

BOUNDARY = "=_headrace_part"
"""In quoted-printable an equals sign stands before two hex digits or a line's end, never before `_`."""

MIXED = "=_headrace_mixed"
"""Around the bodies and the attachments of a mail that has any."""

SHORT = 76
"""Longer header lines are folded (RFC 5322, 2.1.1)."""

LONGEST = 990
"""No line may be longer, by far (RFC 5322, 2.1.1)."""

PLAIN_NAME = re.compile(r"[A-Za-z0-9]*(?: [A-Za-z0-9]+)*")
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
"""Most of them, in which nothing is to be quoted; the library takes ten times as long to say so."""

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
    carries: bool = False
    """Attachments and the mail's end follow from elsewhere, behind a `MIXED` boundary each."""


def one_line(text: str) -> str:
    """Text fit for a header: whatever would end the line becomes a space."""
    return BREAKS.sub(" ", text).strip()


def compose(mail: Mail) -> bytes:
    """The message with CRLF line ends; raises `Unsendable` for an address that SMTP can't carry.

    Put together by hand around the library's header folding: a mail costs a quarter of an `EmailMessage`.
    """
    return b"".join(
        [
            *(header(name, value) for name, value in headers(mail)),
            b"MIME-Version: 1.0\r\n",
            MIXED_HEAD if mail.carries else b"",
            f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n'.encode(),
            part("plain", mail.text),
            part("html", mail.html),
            f"\r\n--{BOUNDARY}--\r\n".encode(),
        ]
    )


MIXED_HEAD = f'Content-Type: multipart/mixed; boundary="{MIXED}"\r\n\r\n--{MIXED}\r\n'.encode()


def headers(mail: Mail) -> Iterator[tuple[str, str]]:
    yield "From", address(*mail.sender)
    yield "To", address(*mail.recipient)
    if mail.reply_to:
        yield "Reply-To", address("", mail.reply_to)
    yield "Subject", one_line(mail.subject)
    yield "Date", format_datetime(mail.date)
    yield "Message-ID", f"<{mail.message_id}>"
    if mail.unsubscribe:
        yield "List-Unsubscribe", f"<{mail.unsubscribe}>"
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def header(name: str, value: str) -> bytes:
    """One header line, folded and encoded as far as it needs to be.

    A long address of the web has no place to be folded at, and would be lost if it were encoded: RFC 2047 (5) knows
    no encoded words in it.
    """
    fits = len(name) + len(value) < (SHORT if " " in value else LONGEST)
    if fits and value.isascii():
        return f"{name}: {value}\r\n".encode()
    return folded(name, value)


@lru_cache(maxsize=256)
def folded(name: str, value: str) -> bytes:
    """By the library, which is slow; senders and subjects are often the same."""
    line: str = SMTP.fold(name, SMTP.header_factory(name, value))
    return line.encode()


def part(subtype: str, text: str) -> bytes:
    """One body, quoted-printable, in which no line can be mistaken for the boundary."""
    crlf = "\r\n".join(text.splitlines()) + "\r\n"
    head = (
        f"\r\n--{BOUNDARY}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return head.encode() + b2a_qp(crlf.encode("utf-8", "replace"), istext=True)


def address(name: str, spec: str) -> str:
    """`"Desk, first floor" <desk@example.org>`, quoted where it must be."""
    shown, spec = one_line(name), ascii_address(spec)
    if PLAIN_NAME.fullmatch(shown) and PLAIN_ADDRESS.fullmatch(spec):
        return f"{shown} <{spec}>" if shown else spec
    return str(Address(display_name=shown, addr_spec=spec))


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
