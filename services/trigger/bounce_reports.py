"""Reports that come later, as mail programs write them: bounces (RFC 3464) and complaints (RFC 5965).

Whoever writes to the address for bounces makes us read it: only so much is read, and nothing that takes long.
"""

import re
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.message import Message
from email.policy import Compat32
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MESSAGE_ID = re.compile(r"effect\.([0-9a-f]{32})@")
"""The ledger's key, in the Message-ID of every mail of ours."""

LONGEST = 128_000
"""Of a mail, so many bytes are read: what is reported comes first, the mail that it is about behind it."""
LONGEST_HEADER = 2_000
MOST_BOUNDARIES = 20
"""Reports have one, and the mail that came back a few."""


class BoundedHeaders(Compat32):
    """Cuts headers off: what takes them apart needs time in the square of their length."""

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(list(sourcelines))
        return name, value[:LONGEST_HEADER]


BOUNDED = BoundedHeaders()


class ReportKind(StrEnum):
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


class Report(BaseModel):
    """One bounce or complaint about a message: `message_id` is its Message-ID, or `effect` its id in the ledger.
    `email`: the address that refused, where it is not the contact's own. `permanent`: it never takes mail again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ReportKind
    message_id: str | None = Field(default=None, max_length=998)
    effect: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}$")
    email: str | None = Field(default=None, max_length=320)
    permanent: bool = False
    reason: str = Field(default="", max_length=1_000)

    @property
    def about(self) -> str | None:
        """The effect that it is about, if it says so."""
        found = MESSAGE_ID.search(self.message_id or "")
        return self.effect or (found[1] if found else None)


def reports_in(raw: bytes) -> list[Report]:
    """What a mail reports; nothing if it is no report, or about mail of somebody else."""
    raw = raw[:LONGEST]
    if raw.lower().count(b"boundary") > MOST_BOUNDARIES:
        return []
    mail = message_from_bytes(raw, policy=BOUNDED)
    original = original_id(mail)
    found = [*bounces(mail, original), *complaints(mail, original)]
    return [report for report in found if report.about is not None]


def bounces(mail: Message, original: str | None) -> Iterator[Report]:
    """One for each recipient that failed, or was put off and given up."""
    for status in parts(mail, "message/delivery-status"):
        for block in blocks(status):
            action = text(block, "Action").casefold()
            code = text(block, "Status")
            if action == "failed":
                yield Report(
                    kind=ReportKind.BOUNCE,
                    message_id=original,
                    email=address(text(block, "Final-Recipient")),
                    permanent=code.startswith("5"),
                    reason=(text(block, "Diagnostic-Code") or code)[:1_000],
                )


def complaints(mail: Message, original: str | None) -> Iterator[Report]:
    for feedback in parts(mail, "message/feedback-report"):
        for block in blocks(feedback):
            kind = text(block, "Feedback-Type").casefold()
            if kind in ("abuse", "fraud", "other"):
                given = address(text(block, "Original-Rcpt-To"))
                yield Report(kind=ReportKind.COMPLAINT, message_id=original, email=given, reason=kind)


def original_id(mail: Message) -> str | None:
    """The Message-ID of the mail that came back, whole or its headers."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "text/rfc822-headers" or (kind == "message/rfc822" and part is not mail):
            content: Any = part.get_payload()
            inner: bytes = content[0].as_bytes() if isinstance(content, list) else str(content).encode()
            if found := message_from_bytes(inner, policy=BOUNDED)["Message-ID"]:
                return str(found).strip()[:998]
    return None


def parts(mail: Message, content_type: str) -> Iterator[Message]:
    return (part for part in mail.walk() if part.get_content_type() == content_type)


def blocks(part: Message) -> Iterator[Message]:
    """The groups of fields in a report; some programs are read as one text."""
    content = part.get_payload()
    if isinstance(content, list):
        yield from (each for each in content if isinstance(each, Message))
        return
    for block in re.split(r"\r?\n\r?\n", str(content).strip()):
        yield message_from_bytes(block.encode(errors="replace"), policy=BOUNDED)


def text(block: Message, name: str) -> str:
    return str(block.get(name) or "").strip()


def address(field: str) -> str | None:
    """`rfc822; ada@example.org` as an address."""
    found = field.rpartition(";")[2].strip().strip("<>")
    return found[:320] if "@" in found else None
