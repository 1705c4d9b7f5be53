"""Attachments that lie beside the documents of a file: uploaded where the installation does not have them yet."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from common.adapters.attached_files import LocalFile
from common.adapters.flow_files import Document, Mistake
from common.domain.complaints import Complaint
from services.command_line.failures import Refused
from services.command_line.installation import Installation


class NotUploaded(Exception):
    """The installation did not take a file; `mistake` has the line that names it."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


class Uploads:
    """`files`: by their stand-ins. A file that several contents name is uploaded once."""

    def __init__(self, installation: Installation, files: Mapping[str, LocalFile]) -> None:
        self._installation = installation
        self._files = files
        self._ids: dict[str, str] = {}

    def bring(self, path: str, body: dict[str, Any], document: Document) -> Iterator[str]:
        """Put ids in the place of stand-ins; answers the names of the files that had to be uploaded. What the content
        at this path has already is known by its digest. Raises `NotUploaded`, `Refused` and `Unreachable`."""
        named = [each for each in body["attachments"] if each["file"] in self._files]
        if any(each["file"] not in self._ids for each in named):
            self._learn(path)
        for number, each in enumerate(body["attachments"]):
            file = self._files.get(each["file"])
            if file is None:
                continue
            if file.stand_in not in self._ids:
                place = Complaint(("attachments", number, "path"), "")
                self._ids[file.stand_in] = self._upload(file, each, document, place)
                yield file.path.name
            each["file"] = self._ids[file.stand_in]

    def _learn(self, path: str) -> None:
        """The ids of what the content has now."""
        answer = self._installation.send("GET", path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return
        if not answer.is_success:
            raise Refused(answer)
        for each in answer.json()["body"]["attachments"]:
            stored = self._installation.send("GET", f"/v1/attachments/{each['file']}")
            digest = stored.json().get("sha256") if stored.is_success else None
            for stand_in, file in self._files.items():
                if digest == file.sha256:
                    self._ids.setdefault(stand_in, each["file"])

    def _upload(self, file: LocalFile, told: Mapping[str, Any], document: Document, place: Complaint) -> str:
        try:
            answer = self._installation.ask(
                "POST",
                "/v1/attachments",
                params={"name": told["name"]},
                content=file.path.read_bytes(),
                headers={"Content-Type": told["type"]},
            )
        except Refused as refused:
            raise NotUploaded(document.mistake(Complaint(place.path, str(refused)))) from None
        except OSError as error:
            detail = f"can't read {file.path.name!r}: {error.strerror}"
            raise NotUploaded(document.mistake(Complaint(place.path, detail))) from None
        return str(answer.json()["id"])
