"""What an event changed: "category changed from Lead to Prospect"."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from common.domain.conditions.asker import Asker
from common.domain.conditions.clause import ALWAYS, Clause, Column, Either, Every, Kind, Not, OneOf, Present
from common.domain.conditions.field_names import check_field
from common.domain.conditions.folding import fold
from common.domain.conditions.line import Line, Test, lines
from common.domain.conditions.list import texts
from common.domain.conditions.number import MAX_WHOLE, is_number

CHANGED = "event.changed"
ROOT = "contact."

Whole = Annotated[int, Field(strict=True, ge=-MAX_WHOLE, le=MAX_WHOLE)]
Value = (
    Annotated[str, Field(strict=True, max_length=2000)]
    | Annotated[bool, Field(strict=True)]
    | Whole
    | Annotated[float, Field(strict=True, allow_inf_nan=False)]
)
Values = Annotated[list[Value], Field(min_length=1, max_length=100)]


class ChangeOp(StrEnum):
    CHANGED = "changed"


@lines.register
class ChangeLine(Line):
    """Holds for an event that changed the field, `from_` (written `from`) any of these values, `to` any of those.

    Without `from` or `to` any value will do; the empty text stands for nothing. A list has a value if it is among
    its texts. Holds for no fact that stands by itself, only for events.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    type: Literal["change"] = "change"
    op: ChangeOp = ChangeOp.CHANGED
    value: None = None
    from_: Values | Value | None = Field(default=None, alias="from")
    to: Values | Value | None = None

    def problem(self) -> str | None:
        if not self.field.startswith(ROOT):
            return "is asked of a field of the contact: contact.category"
        try:
            check_field(self._before)
        except ValueError as error:
            return str(error)
        return None

    @property
    def _before(self) -> str:
        return f"before.{self.field.partition('.')[2]}"

    @property
    def facts(self) -> tuple[str, ...]:
        return (self.field, self._before, CHANGED)

    @property
    def expected(self) -> Any:
        told = {"from": self.from_, "to": self.to}
        return " ".join(f"{word} {value!r}" for word, value in told.items() if value is not None) or None

    def look(self, facts: Mapping[str, Any]) -> Any:
        """[before, after], `None` where the event left the field as it was."""
        changed = facts.get(CHANGED)
        if not isinstance(changed, list | tuple) or not any(name in changed for name in self._names()):
            return None
        return [facts.get(self._before), facts.get(self.field)]

    def _names(self) -> Iterator[str]:
        """The field as changes are told: by itself, or within the consent that it is a part of."""
        path = self.field.removeprefix(ROOT)
        yield path
        if path.startswith("consents."):
            yield path.rpartition(".")[0]

    def read(self, value: Any, asker: Asker) -> list[Any] | None:
        return value if isinstance(value, list) and len(value) == 2 and value[0] != value[1] else None

    def meets(self, known: list[Any], now: datetime, asker: Asker) -> bool:
        return _is_any(known[0], self.from_) and _is_any(known[1], self.to)

    def test(self, asker: Asker) -> Test:
        return lambda value, now: self.holds(value, now, asker)

    def positive(self, asker: Asker, now: datetime | None) -> Clause:
        changed = OneOf(Column(CHANGED, Kind.ITEMS), tuple(fold(name) for name in self._names()))
        return Every((changed, _clause(self._before, self.from_), _clause(self.field, self.to)))


def _is_any(value: Any, expected: Any) -> bool:
    return expected is None or any(_is(value, one) for one in _listed(expected))


def _is(value: Any, expected: Any) -> bool:
    if isinstance(expected, bool):
        return value is expected
    if not isinstance(expected, str):
        return is_number(value) and bool(value == expected)
    if expected == "":
        return not _is_there(value)
    return fold(expected) in [fold(text) for text in texts(value)]


def _is_there(value: Any) -> bool:
    """Whether the value is anything that `from` and `to` can name."""
    return isinstance(value, bool) or is_number(value) or bool(texts(value))


def _listed(expected: Any) -> list[Any]:
    return expected if isinstance(expected, list) else [expected]


def _clause(field: str, expected: Any) -> Clause:
    return ALWAYS if expected is None else Either(tuple(_one(field, one) for one in _listed(expected)))


def _one(field: str, expected: Any) -> Clause:
    if isinstance(expected, bool):
        return OneOf(Column(field, Kind.YES_NO), (expected,))
    if not isinstance(expected, str):
        return OneOf(Column(field, Kind.NUMBER), (expected,))
    if expected == "":
        kinds = (Kind.YES_NO, Kind.NUMBER, Kind.ITEMS)
        return Every(tuple(Not(Present(Column(field, kind))) for kind in kinds))
    return OneOf(Column(field, Kind.ITEMS), (fold(expected),))
