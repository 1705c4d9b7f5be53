"""Custom fields of the reference CRM that are checkboxes: its records write them as 1 and 0, as they write numbers,
so they have to be named."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

CUSTOM, OF_COMPANY = "custom.", "company.custom."
COMPANY = "contact"
"""The CRM's own name of a company."""


@dataclass(frozen=True, slots=True)
class Checkboxes:
    """By our names, those of contacts and those of companies apart: the CRM numbers the fields of each from 1."""

    of_contact: Collection[str] = field(default_factory=frozenset)
    of_company: Collection[str] = field(default_factory=frozenset)

    @classmethod
    def named(cls, fields: Iterable[str]) -> Self:
        """As steps name them: `custom.vip`, `company.custom.partner`."""
        given = set(fields)
        company = {each for each in given if each.startswith(OF_COMPANY)}
        return cls(
            frozenset(each.removeprefix(CUSTOM) for each in given - company),
            frozenset(each.removeprefix(OF_COMPANY) for each in company),
        )

    def told(self, entity: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """What a record of the CRM tells, in our words, its checkboxes as yes and no."""
        seen = dict(data)
        if entity == COMPANY:
            return ticked(seen, self.of_company)
        if isinstance(seen.get("company"), Mapping):
            seen["company"] = ticked(dict(seen["company"]), self.of_company)
        return ticked(seen, self.of_contact)


NONE = Checkboxes()


def ticked(data: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """What is neither 1 nor 0 is of no checkbox and stays."""
    custom = data.get("custom")
    if not isinstance(custom, Mapping):
        return data
    yes_or_no = {name: bool(custom[name]) for name in names if name in custom and custom[name] in (0, 1)}
    return data | {"custom": {**custom, **yes_or_no}}
