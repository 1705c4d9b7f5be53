"""Lists: the fact is a text or several, the value a list of texts; compared without case and accents."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, assert_never

from pydantic import Field

from common.domain.conditions.asker import Asker
from common.domain.conditions.clause import Clause, Column, HasAll, Kind, OneOf, Present
from common.domain.conditions.folding import fold
from common.domain.conditions.line import Line, Test, complement, lines
from common.domain.conditions.text import ShortText

Choices = Annotated[list[ShortText], Field(min_length=1, max_length=1000)]


class ListOp(StrEnum):
    ONE_OF = "one_of"
    NOT_ONE_OF = "not_one_of"
    ALL_OF = "all_of"
    NONE_OF = "none_of"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"


class ChoiceLine(Line):
    """`one_of`: at least one of the fact's texts is among the choices; `all_of`: every choice is among the
    fact's texts. `not_one_of` and `none_of` are two words for the complement of `one_of`: the one is said of
    a single choice, the other of several. What is no text in a fact's list is passed over."""

    op: str
    value: Choices | None = None

    negative: ClassVar[frozenset[str]] = frozenset({ListOp.NOT_ONE_OF, ListOp.NONE_OF, ListOp.EMPTY})

    @property
    def basis(self) -> ListOp:
        """The operator of lists that this one comes down to."""
        return ListOp(self.op)

    def choices(self, asker: Asker) -> list[str]:
        """What is chosen from, folded."""
        return [fold(choice) for choice in self.value or ()]

    def problem(self) -> str | None:
        if self.op in (ListOp.EMPTY, ListOp.NOT_EMPTY):
            return None if self.value is None else "takes no value"
        return None if self.value else "needs a list of texts"

    def read(self, value: Any, asker: Asker) -> list[str] | None:
        return texts(value) or None

    def meets(self, known: list[str], now: datetime, asker: Asker) -> bool:
        present = {fold(text) for text in known}
        choices = set(self.choices(asker))
        match self.basis:
            case ListOp.ONE_OF | ListOp.NOT_ONE_OF | ListOp.NONE_OF:
                return bool(present & choices)
            case ListOp.ALL_OF:
                return choices <= present
            case ListOp.EMPTY | ListOp.NOT_EMPTY:
                return True
            case _:
                assert_never(self.basis)

    def test(self, asker: Asker) -> Test:
        choices = frozenset(self.choices(asker))
        match self.basis:
            case ListOp.ONE_OF:
                return complement(lambda value, now: choices.isdisjoint(_folded(value)))
            case ListOp.NOT_ONE_OF | ListOp.NONE_OF:
                return lambda value, now: choices.isdisjoint(_folded(value))
            case ListOp.ALL_OF:
                return lambda value, now: choices.issubset(_folded(value))
            case ListOp.NOT_EMPTY:
                return lambda value, now: bool(texts(value))
            case ListOp.EMPTY:
                return lambda value, now: not texts(value)
            case _:
                assert_never(self.basis)

    def positive(self, asker: Asker, now: datetime | None) -> Clause:
        items = Column(self.field, Kind.ITEMS)
        choices = tuple(dict.fromkeys(self.choices(asker)))
        match self.basis:
            case ListOp.ONE_OF | ListOp.NOT_ONE_OF | ListOp.NONE_OF:
                return OneOf(items, choices)
            case ListOp.ALL_OF:
                return HasAll(items, choices)
            case ListOp.EMPTY | ListOp.NOT_EMPTY:
                return Present(items)
            case _:
                assert_never(self.basis)


@lines.register
class ListLine(ChoiceLine):
    """Of a text or several: a country, the selections and the projects that a contact is on."""

    type: Literal["list"] = "list"
    op: ListOp


def texts(value: Any) -> list[str]:
    """The texts of a fact, without empty ones; none where it is neither a text nor a list."""
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, list | tuple | set | frozenset):
        return [text for text in value if isinstance(text, str) and text]
    return []


def _folded(value: Any) -> list[str]:
    return [fold(text) for text in texts(value)]
