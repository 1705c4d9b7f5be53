"""What may be done with a field besides setting and clearing it, by the field's type (domain.md §6).

A value that is missing, or of another type, counts as empty: unchecked, without text, without entries.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from common.domain.model import Model
from common.domain.safe_pattern import SafePattern

LONGEST_TEXT = 400
"""Longer texts are neither searched nor made."""
MOST_ENTRIES = 500

CHECKBOXES = frozenset({"retired", "no_mailing"})
TEXTS = frozenset({"first_name", "last_name", "email", "mobile", "country", "language", "category"})
COMPANY_TEXTS = frozenset({"company.name", "company.category", "company.country"})
LISTS = frozenset({"interests", "subscriptions"})

Name = Annotated[str, StringConstraints(max_length=190)]
"""Empty only in drafts."""
Entry = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class FieldAction(Model):
    """`field`: `category`, `company.name`, `custom.tier`, `company.custom.size`. `on`: whether it applies at all."""

    field: Name = ""
    on: bool = True

    @property
    def fields(self) -> frozenset[str]:
        """The fields that it is for, besides the custom ones."""
        raise NotImplementedError

    def new(self, value: Any) -> Any:
        """The value after it."""
        raise NotImplementedError

    def problems(self) -> Iterator[tuple[str, str]]:
        """What keeps it from being done: (its field, what to do)."""
        if not self.field:
            yield "field", "choose the field to change"
            return
        path = self.field.split(".")
        custom = path[:-1] in (["custom"], ["company", "custom"]) and bool(path[-1])
        if not custom and self.field not in self.fields:
            yield (
                "field",
                f"{self.field!r} is no field for this; there are {', '.join(sorted(self.fields))}, custom.<name>",
            )


class Tick(FieldAction):
    """For checkboxes."""

    action: Literal["check", "uncheck", "toggle"]

    @property
    def fields(self) -> frozenset[str]:
        return CHECKBOXES

    def new(self, value: Any) -> bool:
        return value is not True if self.action == "toggle" else self.action == "check"


class Rewrite(FieldAction):
    """For texts: every occurrence is replaced, or the text stays where it would become too long."""

    by: str = Field(default="", max_length=LONGEST_TEXT)
    case: bool = False
    """Whether the case must be the same."""

    @property
    def fields(self) -> frozenset[str]:
        return TEXTS | COMPANY_TEXTS

    @property
    def flags(self) -> re.RegexFlag:
        return re.NOFLAG if self.case else re.IGNORECASE

    def rewritten(self, text: str) -> str:
        raise NotImplementedError

    def new(self, value: Any) -> Any:
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            return value
        made = self.rewritten(value)
        return made if len(made) <= LONGEST_TEXT else value


class ReplaceText(Rewrite):
    action: Literal["replace_text"]
    find: str = Field(default="", max_length=LONGEST_TEXT)
    whole_word: bool = False

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.find:
            yield "find", "say what to search for"

    def rewritten(self, text: str) -> str:
        sought = re.escape(self.find)
        pattern = rf"(?<!\w){sought}(?!\w)" if self.whole_word else sought
        return re.sub(pattern, lambda _: self.by, text, flags=self.flags)


class ReplacePattern(Rewrite):
    r"""`by` may name groups of the pattern: `\1`."""

    action: Literal["replace_pattern"]
    pattern: SafePattern = ""

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.pattern:
            yield "pattern", "say which pattern to search for"

    @model_validator(mode="after")
    def names_groups_that_are_there(self) -> Self:
        try:
            re.sub(self.pattern, self.by, "")
        except (re.error, IndexError) as error:
            raise ValueError(f"`by` can't be put in the pattern's place: {error}") from None
        return self

    def rewritten(self, text: str) -> str:
        return re.sub(self.pattern, self.by, text, flags=self.flags)


class ChangeList(FieldAction):
    """For lists, which keep their order and hold each entry once. `clear` needs no values."""

    action: Literal["add", "remove", "replace", "clear"]
    values: tuple[Entry, ...] = Field(default=(), max_length=MOST_ENTRIES)

    @property
    def fields(self) -> frozenset[str]:
        return LISTS

    def new(self, value: Any) -> list[str]:
        have = value if isinstance(value, list) else []
        match self.action:
            case "add":
                return list(dict.fromkeys([*have, *self.values]))
            case "remove":
                return [entry for entry in have if entry not in self.values]
            case "replace":
                return list(dict.fromkeys(self.values))
            case "clear":
                return []

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.action != "clear" and not self.values:
            yield "values", f"say which values to {self.action}"


AnyFieldAction = Annotated[Tick | ReplaceText | ReplacePattern | ChangeList, Field(discriminator="action")]
