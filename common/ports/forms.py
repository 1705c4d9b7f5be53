"""Forms, what was answered, and who may have answered."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from common.domain.contact import Contact
from common.domain.forms.form import Form, FormVersion
from common.domain.forms.submission import Submission, SubmissionState
from common.ports.road import Write


class Forms(Protocol):
    """Forms, immutable by version; the highest is the one that is shown."""

    async def version(self, form: str, version: int) -> FormVersion | None: ...
    async def latest(self, form: str) -> FormVersion | None: ...
    async def heads(self) -> dict[str, int]:
        """Every form's highest version."""
        ...

    async def add(self, form: str, version: int, body: Form, *, at: datetime) -> FormVersion | None:
        """`None` when that version is there already."""
        ...


class Submissions(Protocol):
    async def get(self, submission: str) -> Submission | None: ...
    async def file(self, submission: str, element: str) -> bytes | None: ...
    async def listed(
        self,
        *,
        form: str | None = None,
        state: SubmissionState | None = None,
        now: datetime,
        after: str | None = None,
        limit: int = 50,
    ) -> Sequence[Submission]:
        """One page, the oldest first, behind the submission `after`; each with its state at `now`."""
        ...

    async def received(self, form: str) -> int:
        """How many there have been of a form."""
        ...

    def insert(self, submission: Submission, files: Mapping[str, bytes], most: int | None) -> Sequence[Write]:
        """Keep it and count it, if the form has had fewer than `most`."""
        ...

    def save(self, submission: Submission, *, read: int) -> Write:
        """Replace it if it still has the revision `read`."""
        ...


class People(Protocol):
    """Contacts as forms look for them."""

    async def many(self, ids: Sequence[str]) -> Mapping[str, Contact]: ...
    async def with_address(self, key: str) -> Sequence[str]:
        """The ids of contacts whose address has this key (common.domain.reassess.address_key), a few at most."""
        ...

    async def sought(self, text: str, limit: int) -> Sequence[Contact]:
        """Contacts with this id, or whose address, last name or company's name begins with it; of two words or more,
        the first names' beginning and the last name's. By their ids."""
        ...

    async def company_named(self, name: str) -> Mapping[str, Any] | None:
        """A company of this name that a contact belongs to, with its id."""
        ...
