"""Text messages: how many parts a text takes on the air (3GPP TS 23.038 and 23.040), and who may be its sender."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from common.domain.model import Model

SMS = "sms"
"""The channel of text messages in the effect ledger."""

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet, a septet each."""

EXTENSION = frozenset("\f^{}\\[~]|€")
"""Behind an escape: two septets each."""

MOST_SEGMENTS = 10
"""Beyond it a text is refused: networks drop parts of longer ones."""


class Alphabet(StrEnum):
    """What the whole text is written in: one character outside of GSM-7 turns all of it into UCS-2."""

    GSM_7 = "gsm_7"
    UCS_2 = "ucs_2"


WHOLE = {Alphabet.GSM_7: 160, Alphabet.UCS_2: 70}
"""Units that fit into a message of one part."""

PART = {Alphabet.GSM_7: 153, Alphabet.UCS_2: 67}
"""Units that fit into each part of several: their header takes the rest."""


@dataclass(frozen=True, slots=True)
class Segments:
    """`units` are septets or UTF-16 code units; `count` parts are sent, and paid for."""

    alphabet: Alphabet
    units: int
    count: int


def segments(text: str) -> Segments:
    """How a text goes on the air. No character is cut in two between parts; an empty text takes one part."""
    alphabet = Alphabet.GSM_7 if set(text) <= BASIC | EXTENSION else Alphabet.UCS_2
    widths = [_width(character, alphabet) for character in text]
    units = sum(widths)
    return Segments(alphabet, units, 1 if units <= WHOLE[alphabet] else _parts(widths, PART[alphabet]))


def _width(character: str, alphabet: Alphabet) -> int:
    match alphabet:
        case Alphabet.GSM_7:
            return 2 if character in EXTENSION else 1
        case Alphabet.UCS_2:
            return 2 if ord(character) > 0xFFFF else 1


def _parts(widths: list[int], size: int) -> int:
    """Filled one after the other; what does not fit goes whole into the next."""
    parts, free = 1, size
    for width in widths:
        if width > free:
            parts, free = parts + 1, size
        free -= width
    return parts


SmsSender = Annotated[
    str, StringConstraints(pattern=r"^(\+[1-9][0-9]{6,14}|[0-9]{3,6}|[A-Za-z][A-Za-z0-9 _.-]{0,10})$")
]
"""A number with its country code, a short code, or a name of at most 11 characters (which nobody can answer)."""


class SmsSettings(Model):
    """How this flow's text messages are sent. `sender`: none leaves it to the provider."""

    sender: SmsSender | None = None
