"""Lines that their authors have not finished: a draft may hold them (domain.md §2)."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import (
    ConfigDict,
    PrivateAttr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    model_serializer,
)

from common.domain.conditions.line import Line, lines

BLANK: tuple[Any, ...] = (None, "", [])
TO_DO: Mapping[str, str] = {
    "field": "choose the field that is asked",
    "op": "choose how it is compared",
    "by": "choose whether its number or its date is asked",
    "value": "give the value to compare with",
}
"""What a line may lack."""


class Unfinished(Line):
    """Kept as it was written; no version is frozen with one, so nothing is ever asked of it."""

    model_config = ConfigDict(extra="allow")

    type: str
    field: str = ""
    op: str = ""
    _lacks: str = PrivateAttr(default="value")

    @model_serializer
    def as_written(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.model_fields_set}

    @property
    def lacks(self) -> tuple[str, str]:
        return self._lacks, TO_DO[self._lacks]

    @property
    def facts(self) -> tuple[str, ...]:
        return ()

    def problem(self) -> None:
        return None


def read_line(given: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """A line of a draft: finished, or lacking something. What is wrong with all else is told as ever."""
    try:
        return given if isinstance(given, Unfinished) else validate(given)
    except ValidationError as error:
        lacking = list(_lacking(given, error))
        if not lacking or None in lacking:
            raise
        line = Unfinished.model_validate(given)
        line._lacks = next(name for name in TO_DO if name in lacking)
        return line


def _lacking(given: Any, error: ValidationError) -> Iterator[str | None]:
    """For each complaint which blank part of the line it is about; `None`: about nothing blank."""
    if not isinstance(given, Mapping) or given.get("type") not in lines.members:
        yield None
        return
    for told in error.errors(include_url=False, include_input=False):
        _, *path = told["loc"]
        name = str(path[0]) if path else "value"
        yield name if name in TO_DO and given.get(name) in BLANK else None
