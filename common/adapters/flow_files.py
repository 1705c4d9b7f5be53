"""Files in which authors keep flows, contents, forms, selections, projects and stories: YAML or JSON.

A file holds one or several documents (`---` between them in YAML, a list in JSON). Each names its `kind`
(`flow` unless given, `content`, `form`, `selection`, `project`, `story`) and its `id`; the other fields are those of
the API, but that an attachment of a content may name a file by its `path` (see `attached_files`). YAML is read by the
core schema of version 1.2: `on`, `no` and dates stay text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from common.adapters.attached_files import LocalFile, take_files
from common.domain.complaints import Complaint, complaints
from common.domain.complaints import Path as FieldPath
from common.domain.content import EmailContent
from common.domain.flow import Flow
from common.domain.forms.form import Form
from common.domain.model import Slug
from common.domain.project import ProjectData
from common.domain.selection import SelectionData, SelectionKind
from common.domain.story import Story

MAX_BYTES = 10_000_000
MOST_NODES = 500_000


class Kind(StrEnum):
    FLOW = "flow"
    CONTENT = "content"
    FORM = "form"
    SELECTION = "selection"
    PROJECT = "project"
    STORY = "story"


SHAPES: Mapping[Kind, type[BaseModel]] = {
    Kind.FLOW: Flow,
    Kind.CONTENT: EmailContent,
    Kind.FORM: Form,
    Kind.SELECTION: SelectionData,
    Kind.PROJECT: ProjectData,
    Kind.STORY: Story,
}
HEAD: TypeAdapter[str] = TypeAdapter(Slug)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in a file; `line` counts from 1, `field` is empty for the file as such."""

    file: str
    line: int
    field: str
    detail: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field} {self.detail}".replace(":  ", ": ")


class BadFile(Exception):
    """A file that can't be taken, with all its mistakes."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a file holds, by id, in its order; `files`: those beside it that contents name, by their stand-ins."""

    flows: dict[str, Flow] = field(default_factory=dict)
    contents: dict[str, EmailContent] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    selections: dict[str, SelectionData] = field(default_factory=dict)
    projects: dict[str, ProjectData] = field(default_factory=dict)
    stories: dict[str, Story] = field(default_factory=dict)
    files: dict[str, LocalFile] = field(default_factory=dict)

    def of(self, kind: Kind) -> dict[str, Any]:
        match kind:
            case Kind.FLOW:
                return self.flows
            case Kind.CONTENT:
                return self.contents
            case Kind.FORM:
                return self.forms
            case Kind.SELECTION:
                return self.selections
            case Kind.PROJECT:
                return self.projects
            case Kind.STORY:
                return self.stories


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its value, and the nodes that know the lines."""

    file: str
    value: Any
    node: yaml.Node

    def mistake(self, complaint: Complaint) -> Mistake:
        return Mistake(self.file, line_of(self.node, complaint.path), complaint.field, complaint.detail)


def load(path: Path) -> Bundle:
    """Read a file. Raises `BadFile` with every mistake, and `OSError` when it can't be read."""
    bundle = Bundle()
    mistakes: list[Mistake] = []
    for document in documents(path):
        mistakes += [document.mistake(complaint) for complaint in take(document, bundle, path.parent)]
    if mistakes:
        raise BadFile(sorted(mistakes, key=lambda mistake: mistake.line))
    return bundle


def take(document: Document, bundle: Bundle, folder: Path) -> Iterator[Complaint]:
    """Put a document into the bundle, or tell what keeps it out. `folder`: where it lies."""
    if not isinstance(document.value, dict):
        yield Complaint((), "a document is a mapping with kind, id and the fields of its kind")
        return
    yield from (Complaint(path, "is given twice") for path in repeats(document.node))
    fields = dict(document.value)
    kind, name = fields.pop("kind", Kind.FLOW.value), fields.pop("id", None)
    if kind not in tuple(Kind):
        yield Complaint(("kind",), f"{kind!r} is none of {', '.join(Kind)}")
        return
    try:
        HEAD.validate_python(name)
    except ValidationError:
        detail = "is required" if name is None else "has to be a-z, 0-9, - and _, at most 64 characters"
        yield Complaint(("id",), detail)
    known = bundle.of(Kind(kind))
    if str(name) in known:
        yield Complaint(("id",), f"there is a {kind} {name!r} in this file already")
    if kind == Kind.CONTENT:
        yield from take_files(fields, folder, bundle.files)
    try:
        if kind == Kind.SELECTION and "criteria" in fields:  # the document's own kind stands where this would
            fields["kind"] = SelectionKind.DYNAMIC
        known[str(name)] = SHAPES[Kind(kind)].model_validate(fields)
    except ValidationError as error:
        yield from complaints(error.errors(include_url=False), fields)


def documents(path: Path) -> list[Document]:
    """The documents of a file with their lines; raises `BadFile` when it is no YAML or JSON, or too large."""
    if path.stat().st_size > MAX_BYTES:
        raise BadFile([Mistake(path.name, 1, "", f"has more than {MAX_BYTES} bytes")])
    try:
        text = path.read_bytes().decode("utf-8-sig")
        found = json_documents(path.name, text) if path.suffix == ".json" else yaml_documents(path.name, text)
    except UnicodeDecodeError as error:
        raise BadFile([Mistake(path.name, 1, "", f"is not UTF-8 (byte {error.start})")]) from None
    except json.JSONDecodeError as error:
        raise BadFile([Mistake(path.name, error.lineno, "", f"is not JSON: {error.msg}")]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise BadFile([Mistake(path.name, line, "", f"is not YAML: {error.problem}")]) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadFile([Mistake(path.name, 1, "", f"is not YAML: {error}")]) from None
    return found


def yaml_documents(name: str, text: str) -> list[Document]:
    loader = CoreLoader(text)
    found: list[Document] = []
    try:
        while loader.check_node():
            node = loader.get_node()
            assert node is not None
            weight(node, {})
            found += split(name, loader.construct_document(node), node)
    finally:
        loader.dispose()
    return [document for document in found if document.value is not None]


def weight(node: yaml.Node, known: dict[int, int]) -> int:
    """How many nodes there are with every alias written out; raises `YAMLError` where that would be too many."""
    if id(node) in known:
        if not known[id(node)]:
            raise yaml.YAMLError("an alias stands inside of what it means")
        return known[id(node)]
    known[id(node)] = 0
    match node:
        case yaml.MappingNode():
            inside = [each for pair in node.value for each in pair]
        case yaml.SequenceNode():
            inside = node.value
        case _:
            inside = []
    known[id(node)] = found = 1 + sum(weight(each, known) for each in inside)
    if found > MOST_NODES:
        raise yaml.YAMLError(f"with its aliases written out it has more than {MOST_NODES} nodes")
    return found


def json_documents(name: str, text: str) -> list[Document]:
    """JSON by its own rules; the YAML reader, which dislikes tabs, only tells the lines."""
    value = json.loads(text)
    node = yaml.compose(text.replace("\t", " "), CoreLoader)
    assert node is not None
    return split(name, value, node)


def split(name: str, value: Any, node: yaml.Node) -> list[Document]:
    """A list of documents as its members, anything else as it is."""
    if isinstance(value, list):
        return [Document(name, each, inner) for each, inner in zip(value, node.value, strict=True)]
    return [Document(name, value, node)]


def line_of(node: yaml.Node, path: FieldPath) -> int:
    """The line of what the path leads to, or of the nearest thing around it that is there."""
    mark = node.start_mark
    for part in path:
        match node:
            case yaml.MappingNode():
                pair = next(
                    ((key, value) for key, value in reversed(node.value) if key.value == str(part)), None
                )
                if pair is None:
                    break
                mark, node = pair[0].start_mark, pair[1]
            case yaml.SequenceNode() if isinstance(part, int):
                node = node.value[part]
                mark = node.start_mark
            case _:
                break
    return int(mark.line) + 1


def repeats(node: yaml.Node, above: FieldPath = ()) -> Iterator[FieldPath]:
    """The paths of keys that stand twice in one mapping (of which readers silently take the last)."""
    if isinstance(node, yaml.MappingNode):
        seen: set[Any] = set()
        for key, value in node.value:
            if key.value in seen:
                yield (*above, str(key.value))
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
            yield from repeats(value, (*above, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from repeats(value, (*above, number))


class CoreLoader(yaml.SafeLoader):
    """YAML's core schema (1.2.2 §10.3.2), decimal numbers only: what looks like text stays text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML fills and reads it


for tag, pattern, firsts in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    (
        "float",
        r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$",
        list("-+.0123456789"),
    ),
):
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), firsts)
