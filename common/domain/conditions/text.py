"""Text: compared without case and accents, but for `is_exactly`."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, assert_never

from pydantic import BeforeValidator, StringConstraints

from common.domain.conditions.asker import Asker
from common.domain.conditions.clause import Clause, Column, Kind, Like, OneOf, Part, Present
from common.domain.conditions.folding import fold
from common.domain.conditions.line import Line, Test, complement, lines


def _quoted(value: Any) -> Any:
    if value is None or isinstance(value, str | list | dict):
        return value
    raise ValueError("needs a text: put it in quotes (YAML takes NO, 12 or 2024-01-01 for something else)")


ShortText = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=2000), BeforeValidator(_quoted)
]


class TextOp(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    BEGINS_WITH = "begins_with"
    NOT_BEGINS_WITH = "not_begins_with"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    ENDS_WITH = "ends_with"
    NOT_ENDS_WITH = "not_ends_with"
    IS_EXACTLY = "is_exactly"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"


_WITHOUT_VALUE = frozenset({TextOp.EMPTY, TextOp.NOT_EMPTY})


@lines.register
class TextLine(Line):
    """The empty text counts as empty; blanks do not."""

    type: Literal["text"] = "text"
    op: TextOp
    value: ShortText | None = None

    negative: ClassVar[frozenset[str]] = frozenset(
        {TextOp.IS_NOT, TextOp.NOT_BEGINS_WITH, TextOp.NOT_CONTAINS, TextOp.NOT_ENDS_WITH, TextOp.EMPTY}
    )

    def problem(self) -> str | None:
        if self.op in _WITHOUT_VALUE:
            return None if self.value is None else "takes no value"
        if self.value is None:
            return "needs a text"
        return None if fold(self.value) else "needs a text with more than accents in it"

    def read(self, value: Any, asker: Asker) -> str | None:
        return value if isinstance(value, str) and value else None

    def meets(self, known: str, now: datetime, asker: Asker) -> bool:
        expected = self.value or ""
        match self.op:
            case TextOp.IS | TextOp.IS_NOT:
                return fold(known) == fold(expected)
            case TextOp.BEGINS_WITH | TextOp.NOT_BEGINS_WITH:
                return fold(known).startswith(fold(expected))
            case TextOp.CONTAINS | TextOp.NOT_CONTAINS:
                return fold(expected) in fold(known)
            case TextOp.ENDS_WITH | TextOp.NOT_ENDS_WITH:
                return fold(known).endswith(fold(expected))
            case TextOp.IS_EXACTLY:
                return known == expected
            case TextOp.EMPTY | TextOp.NOT_EMPTY:
                return True
            case _:
                assert_never(self.op)

    def test(self, asker: Asker) -> Test:
        if self.op in _WITHOUT_VALUE:
            positive: Test = _has_text
        elif self.op is TextOp.IS_EXACTLY:
            positive = _exactly(self.value)
        else:
            positive = _compared(_COMPARISONS[self.op], fold(self.value or ""))
        return complement(positive) if self.op in self.negative else positive

    def positive(self, asker: Asker, now: datetime | None) -> Clause:
        folded = Column(self.field, Kind.FOLDED)
        if self.value is None:
            return Present(folded)
        match self.op:
            case TextOp.IS_EXACTLY:
                return OneOf(Column(self.field, Kind.TEXT), (self.value,))
            case TextOp.IS | TextOp.IS_NOT:
                return OneOf(folded, (fold(self.value),))
            case _:
                return Like(folded, _PARTS[self.op], fold(self.value))


_Comparison = Callable[[str, str], bool]

_COMPARISONS: dict[TextOp, _Comparison] = {
    TextOp.IS: str.__eq__,
    TextOp.IS_NOT: str.__eq__,
    TextOp.BEGINS_WITH: str.startswith,
    TextOp.NOT_BEGINS_WITH: str.startswith,
    TextOp.CONTAINS: str.__contains__,
    TextOp.NOT_CONTAINS: str.__contains__,
    TextOp.ENDS_WITH: str.endswith,
    TextOp.NOT_ENDS_WITH: str.endswith,
}


_PARTS: dict[TextOp, Part] = {
    TextOp.BEGINS_WITH: Part.BEGINNING,
    TextOp.NOT_BEGINS_WITH: Part.BEGINNING,
    TextOp.CONTAINS: Part.ANYWHERE,
    TextOp.NOT_CONTAINS: Part.ANYWHERE,
    TextOp.ENDS_WITH: Part.END,
    TextOp.NOT_ENDS_WITH: Part.END,
}


def _has_text(value: Any, now: datetime) -> bool:
    return isinstance(value, str) and value != ""


def _compared(comparison: _Comparison, expected: str) -> Test:
    return lambda value, now: isinstance(value, str) and value != "" and comparison(fold(value), expected)


def _exactly(expected: str | None) -> Test:
    return lambda value, now: isinstance(value, str) and value == expected
