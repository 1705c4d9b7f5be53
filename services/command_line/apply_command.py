"""`headrace apply`: bring the flows, contents, forms and selections of a file to an installation."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from common.adapters.flow_files import BadFile, Document, Kind, Mistake, documents, load
from common.domain.complaints import Complaint
from services.command_line.attachment_upload import NotUploaded, Uploads
from services.command_line.failures import CommandFailed, Refused, error_in_words, path_of
from services.command_line.installation import Installation

PATHS: Mapping[Kind, str] = {
    Kind.SELECTION: "/v1/selections",
    Kind.PROJECT: "/v1/projects",
    Kind.FORM: "/v1/forms",
    Kind.CONTENT: "/v1/contents",
    Kind.FLOW: "/v1/flows",
}
"""Where each kind is kept, in the order in which one may name the other."""


class NotApplied(CommandFailed):
    """Mistakes in a file, each with its line."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Applied:
    """One document that is kept now. `outcome`: created, changed or unchanged; `uploaded`: names of its attachments
    that were not there yet."""

    kind: Kind
    id: str
    outcome: str
    uploaded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """One flow, looked at when all of its file is kept: `faults` keep it from running, `warnings` do not."""

    flow: str
    faults: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...]


def apply_file(installation: Installation, path: Path) -> Iterator[Applied | Checked]:
    """Save each document of a file, then look at its flows, which may name one another. Raises `NotApplied` before
    anything is sent when one is not well-formed, and with the document's line when the installation refuses it."""
    try:
        bundle, found = load(path), by_id(path)
    except BadFile as error:
        raise NotApplied(error.mistakes) from None
    except OSError as error:
        raise CommandFailed(f"can't read {path}: {error.strerror}") from None
    uploads = Uploads(installation, bundle.files)
    for kind, prefix in PATHS.items():
        for name, read in bundle.of(kind).items():
            document, body = found[kind, name], read.model_dump(mode="json")
            uploaded = brought(uploads, f"{prefix}/{name}", body, document) if kind is Kind.CONTENT else ()
            yield Applied(kind, name, save(installation, f"{prefix}/{name}", body, document), uploaded)
    for name in bundle.of(Kind.FLOW):
        asked = installation.ask("POST", f"{PATHS[Kind.FLOW]}/{name}/validate").json()
        document = found[Kind.FLOW, name]
        faults, warnings = (tuple(found_in(asked[each], document)) for each in ("problems", "warnings"))
        yield Checked(name, faults, warnings)


def brought(uploads: Uploads, path: str, body: Any, document: Document) -> tuple[str, ...]:
    """Upload the files that a content names, if need be. Raises `NotApplied`."""
    try:
        return tuple(uploads.bring(path, body, document))
    except NotUploaded as error:
        raise NotApplied([error.mistake]) from None


def by_id(path: Path) -> dict[tuple[Kind, str], Document]:
    """The documents with their lines; only for a file that `load` takes."""
    return {
        (Kind(document.value.get("kind", Kind.FLOW)), document.value["id"]): document
        for document in documents(path)
    }


def save(installation: Installation, path: str, body: Any, document: Document) -> str:
    before = installation.send("GET", path).headers.get("ETag")
    try:
        answer = installation.save(path, body)
    except Refused as refused:
        raise NotApplied(list(mistakes_of(refused, document))) from None
    if answer.status_code == httpx.codes.CREATED:
        return "created"
    return "unchanged" if answer.headers.get("ETag") == before else "changed"


def mistakes_of(refused: Refused, document: Document) -> Iterator[Mistake]:
    """What the installation says about a document, each with its line in the file."""
    if not refused.errors:
        yield document.mistake(Complaint((), str(refused)))
    for error in refused.errors:
        path = path_of(str(error.get("pointer", "")))
        mistake = document.mistake(Complaint(path, str(error.get("detail", "is not valid"))))
        inside = error.get("line")
        yield deeper(mistake, document, path, inside) if isinstance(inside, int) else mistake


def deeper(mistake: Mistake, document: Document, path: tuple[str | int, ...], inside: int) -> Mistake:
    """The mistake at a line within a text: its line in the file where the text is a block, else told beside."""
    node = document.node
    if len(path) == 1 and isinstance(node, yaml.MappingNode):
        text = next((value for key, value in node.value if key.value == path[0]), None)
        if isinstance(text, yaml.ScalarNode) and text.style == "|":
            return Mistake(mistake.file, mistake.line + inside, mistake.field, mistake.detail)
    return Mistake(mistake.file, mistake.line, mistake.field, f"{mistake.detail} (line {inside} of the text)")


def found_in(faults: Iterable[dict[str, Any]], document: Document) -> Iterator[Mistake]:
    """What was found in a saved flow, each with the line of its step."""
    lines = dict(lines_of_steps(document.node))
    for fault in faults:
        line = lines.get(fault["step"] or "", document.node.start_mark.line + 1)
        yield Mistake(document.file, line, "", error_in_words(fault))


def lines_of_steps(node: yaml.Node) -> Iterator[tuple[str, int]]:
    """The ids of everything inside `steps`, at any depth, with their lines."""
    match node:
        case yaml.MappingNode():
            for key, value in node.value:
                if key.value == "steps" and isinstance(value, yaml.SequenceNode):
                    yield from ids_in(value)
                yield from lines_of_steps(value)
        case yaml.SequenceNode():
            for each in node.value:
                yield from lines_of_steps(each)


def ids_in(steps: yaml.SequenceNode) -> Iterator[tuple[str, int]]:
    for step in steps.value:
        if isinstance(step, yaml.MappingNode):
            for key, value in step.value:
                if key.value == "id" and isinstance(value, yaml.ScalarNode):
                    yield value.value, step.start_mark.line + 1
