"""Attachments of contents in files: `path` names one that lies beside the document, in place of an uploaded
`file`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import file_digest
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from common.domain.attachment import MOST_BYTES
from common.domain.complaints import Complaint

MEGABYTE = 1024 * 1024
PLAIN = "application/octet-stream"
NONE = {"file": "0" * 32, "name": "none"}
"""Stands where there is no file, so that what is told of the others has its place."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file of the author's, as it is now; `size` in bytes."""

    path: Path
    sha256: str
    size: int

    @property
    def stand_in(self) -> str:
        """What a content names until the file is uploaded and has an id."""
        return self.sha256[:32]

    def told(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The attachment as contents have it; its name and type go by the path unless they are given."""
        named = {"file": self.stand_in, "name": self.path.name, "type": guess_type(self.path)[0] or PLAIN}
        return named | {name: value for name, value in given.items() if name != "path"}


def take_files(fields: dict[str, Any], folder: Path, files: dict[str, LocalFile]) -> Iterator[Complaint]:
    """Put stand-ins in the place of paths, and the files they stand for into `files`; tell what keeps one out."""
    attachments = fields.get("attachments")
    if not isinstance(attachments, list):
        return
    taken: list[Any] = []
    size = 0
    for number, given in enumerate(attachments):
        if not isinstance(given, dict) or "path" not in given:
            taken.append(given)
            continue
        found = look(given, folder)
        if isinstance(found, LocalFile):
            files[found.stand_in] = found
            size += found.size
            taken.append(found.told(given))
        else:
            taken.append(NONE)
            yield Complaint(("attachments", number, "path"), found)
    if size > MOST_BYTES:
        yield Complaint(("attachments",), f"are {megabytes(size)} together; {bound()}")
    fields["attachments"] = taken


def look(given: Mapping[str, Any], folder: Path) -> LocalFile | str:
    """The file, or what is wrong with it."""
    if "file" in given:
        return "stands beside `file`: give the path of a file here, or the id of one that is uploaded"
    named = given["path"]
    if not isinstance(named, str) or not named:
        return "should be the path of a file, as seen from this one"
    if Path(named).is_absolute():
        return f"{named!r} should be a path as seen from this file, so that it is the same on every machine"
    return read(folder / named, named)


def read(path: Path, named: str) -> LocalFile | str:
    try:
        if not path.is_file():
            return f"there is no file {named!r} in {path.parent}"
        size = path.stat().st_size
        if size > MOST_BYTES:
            return f"{named!r} has {megabytes(size)}; {bound()}"
        with path.open("rb") as file:
            return LocalFile(path, file_digest(file, "sha256").hexdigest(), size)
    except (OSError, ValueError) as error:
        return f"can't read {named!r}: {getattr(error, 'strerror', None) or error}"


def megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB"


def bound() -> str:
    return f"a mail may carry {MOST_BYTES // MEGABYTE} MB"
