"""A record of the reference CRM, read without trusting its spelling."""

from collections.abc import Mapping
from typing import Any

from common.adapters.crm.custom_fields import custom_fields
from common.domain.contact import FieldValue


class Fields:
    """A record by names without regard to case; what is missing or of another kind is `None`."""

    def __init__(self, record: Any) -> None:
        given = record if isinstance(record, Mapping) else {}
        self._given = {str(name).lower(): value for name, value in given.items()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._given

    def any(self, name: str) -> Any:
        return self._given.get(name.lower())

    def part(self, name: str) -> "Fields":
        return Fields(self.any(name))

    def custom(self) -> dict[str, FieldValue] | None:
        """Its custom fields; `None` where it tells of none."""
        return custom_fields(self._given)

    def parts(self, name: str) -> list["Fields"]:
        found = self.any(name)
        return [Fields(each) for each in found] if isinstance(found, list) else []

    def text(self, *names: str) -> str | None:
        """The first of these that is some text or number."""
        for name in names:
            value = self.any(name)
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                return str(value).strip()
        return None

    def key(self, name: str) -> str | None:
        """An id; 0 means none."""
        found = self.text(name)
        return None if found is None or not found.strip("0") or found.startswith("-") else found

    def label(self, name: str) -> str | None:
        """A value of one of the CRM's lists, which comes as text or as an object with a name."""
        return self.text(name) or self.part(name).text("Name", "Value", "Fullname", "DisplayValue")


def known(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}
