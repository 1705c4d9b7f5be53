"""Files that go out with a mail (domain.md §6: up to 25 MB together)."""

from typing import Annotated

from pydantic import Field, StringConstraints

from common.domain.instant import Instant
from common.domain.model import Model

MOST_BYTES = 25 * 1024 * 1024
"""Of all attachments of one mail together, as they are on a disk."""
MOST_FILES = 20

FileId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
FileName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f/\\\u2028\u2029]+$"
    ),
]
MediaType = Annotated[
    str, StringConstraints(max_length=100, pattern=r"^[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*$")
]


class Attachment(Model):
    """One file of a mail: `file` is the id under which it was uploaded, `name` and `type` are what the reader's mail
    program is told."""

    file: FileId
    name: FileName
    type: MediaType = "application/octet-stream"


class StoredFile(Model):
    """A file as it was uploaded; what it holds never changes. `size` in bytes; `sha256` of what is in it, `null`
    where nobody took it."""

    v: int = 1
    id: FileId
    name: FileName
    type: MediaType
    size: int = Field(ge=0)
    sha256: str | None = None
    uploaded_at: Instant
