"""Files that mails carry."""

from collections.abc import AsyncIterator, Collection, Mapping
from typing import Protocol

from common.domain.attachment import StoredFile


class Attachments(Protocol):
    """Files by id; what is in one never changes. Raises `Unavailable`."""

    async def add(self, name: str, media_type: str, content: AsyncIterator[bytes]) -> StoredFile: ...
    async def many(self, ids: Collection[str]) -> Mapping[str, StoredFile]: ...
    async def keep(self, ids: Collection[str]) -> bool:
        """A content names these now; `False` when one of them is gone."""
        ...

    def read(self, file: str) -> AsyncIterator[bytes]: ...
