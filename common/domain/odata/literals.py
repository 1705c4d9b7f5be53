"""Values as they are written in addresses."""

from datetime import UTC, date, datetime
from decimal import Decimal

from common.domain.instant import to_instant
from common.domain.odata.expression import Value
from common.domain.odata.problem import BadQuery
from common.domain.odata.tokens import Placed, Token
from common.domain.report_tables import Kind

WORDS = {"true": Value(Kind.YES_NO, True), "false": Value(Kind.YES_NO, False), "null": Value(None, None)}
LARGEST_WHOLE = 2**63
MOST_DIGITS = 34
"""Of a decimal number: what is stored has no more."""
LARGEST_EXPONENT = 6000


def literal(token: Placed, option: str) -> Value | None:
    """`None`: the token is no literal. Raises `BadQuery` for one that means nothing, such as the 31st of June."""
    try:
        if "\0" in token.text:
            raise ValueError("holds a zero character")
        match token.token:
            case Token.TEXT:
                return Value(Kind.TEXT, token.text[1:-1].replace("''", "'"))
            case Token.NUMBER:
                return number(token.text)
            case Token.DAY:
                return Value(Kind.DAY, date.fromisoformat(token.text))
            case Token.INSTANT:
                return Value(Kind.INSTANT, instant(token.text))
            case Token.WORD:
                return WORDS.get(token.text)
            case _:
                return None
    except ValueError as error:
        raise BadQuery(option, f"{token.told}: {error}", token.at) from None


def number(text: str) -> Value:
    if text.lstrip("-").isdigit():
        if len(text) > 20 or not -LARGEST_WHOLE <= int(text) < LARGEST_WHOLE:
            raise ValueError("is larger than 64 bits")
        return Value(Kind.WHOLE, int(text))
    value = Decimal(text)
    if not fits(value):
        raise ValueError(f"has more than {MOST_DIGITS} digits, or is too large")
    return Value(Kind.DECIMAL, value)


def fits(value: Decimal) -> bool:
    """Whether it can be stored; zeros at the end count for nothing."""
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    return value.is_finite() and len(digits) <= MOST_DIGITS and abs(value.adjusted()) <= LARGEST_EXPONENT


def instant(text: str) -> datetime:
    """Fractions beyond the microsecond are cut: some clients write seven digits."""
    whole, dot, rest = text.upper().partition(".")
    if dot:
        fraction = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        text = f"{whole}.{fraction[:6].ljust(6, '0')}{rest[len(fraction) :]}"
    return to_instant(datetime.fromisoformat(text.upper())).astimezone(UTC)
