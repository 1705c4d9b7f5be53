"""What a browser or a program posts to a form: form-encoded, multipart with files, or JSON."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from email.policy import compat32
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request

from common.domain.forms.answers import Posted, PostedFile
from common.runtime.problems import Invalid
from services.trigger.cloud_events import Unreadable, json_of

MOST_FIELDS = 400
MOST_NAME = 100
LONGEST_HEAD, MOST_PARAMETERS = 2_000, 20
"""Of a part of a multipart form."""
MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,50}/[a-z0-9!#$&^_.+-]{1,50}")
ANY = "application/octet-stream"
MULTIPART = "multipart/form-data"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Post:
    """By field. Names that begin with `_` are the page's own."""

    fields: Mapping[str, Posted]
    program: bool

    def own(self, name: str) -> str:
        """A field of the page's own; empty where it was not sent."""
        return self.fields[name].text if name in self.fields else ""


def wants_json(request: Request) -> bool:
    """Whether a program asks, not a browser that shows pages."""
    sent = request.headers.get("content-type", "").startswith(JSON)
    return sent or JSON in request.headers.get("accept", "")


async def read_post(request: Request) -> Post:
    """Raises `Invalid`."""
    kind = request.headers.get("content-type", "")
    body = await request.body()
    if kind.startswith(JSON):
        return Post(dict(of_json(body)), program=True)
    pairs = list(of_multipart(kind, body) if kind.startswith(MULTIPART) else of_urlencoded(body))
    if len(pairs) > MOST_FIELDS:
        raise refused(f"may have {MOST_FIELDS} fields")
    return Post(joined(pairs), program=wants_json(request))


def joined(pairs: list[tuple[str, str | PostedFile]]) -> dict[str, Posted]:
    fields: dict[str, Posted] = {}
    for name, value in pairs:
        before = fields.get(name, Posted())
        if isinstance(value, PostedFile):
            fields[name] = Posted(values=before.values, file=value)
        else:
            fields[name] = Posted(values=(*before.values, value), file=before.file)
    return fields


def of_urlencoded(body: bytes) -> Iterator[tuple[str, str]]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise refused(f"is no form of at most {MOST_FIELDS} fields") from None
    for name, value in pairs:
        yield name[:MOST_NAME], text_of(value)


def of_multipart(kind: str, body: bytes) -> Iterator[tuple[str, str | PostedFile]]:
    """By RFC 7578; a file without a name and content is one that was not chosen. Parts are told apart by their
    delimiter alone: a parser of mail would look for parts in parts, line by line, for as long as a stranger likes."""
    delimiter = b"\r\n--" + boundary_of(kind)
    pieces = (b"\r\n" + body).split(delimiter, MOST_FIELDS + 2)
    if len(pieces) == 1:
        raise refused("is no multipart form")
    if len(pieces) > MOST_FIELDS + 2:  # what comes before them, and what behind
        raise refused(f"may have {MOST_FIELDS} fields")
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return
        head, _, content = piece.partition(b"\r\n\r\n")
        yield from of_part(head, content)


def boundary_of(kind: str) -> bytes:
    """Raises `Invalid` where the media type names none."""
    head = HeaderParser(policy=compat32).parsestr(f"Content-Type: {kind}")
    boundary = head.get_boundary() if kind.count(";") <= MOST_PARAMETERS else None
    if not boundary:
        raise refused("is no multipart form")
    return boundary.encode("latin-1", "replace")


def of_part(head: bytes, content: bytes) -> Iterator[tuple[str, str | PostedFile]]:
    """Nothing where it has no name, or a head such as no browser and no program writes."""
    if len(head) > LONGEST_HEAD or head.count(b";") > MOST_PARAMETERS:
        return
    told = HeaderParser(policy=compat32).parsestr(head.decode("utf-8", "replace").lstrip())
    name, file = told.get_param("name", header="content-disposition"), told.get_filename()
    if not isinstance(name, str):
        return
    if file is None:
        yield name[:MOST_NAME], text_of(content.decode("utf-8", "replace"))
    elif file:
        kind = told.get_content_type()
        kept = PostedFile(
            name=file_name(file), type=kind if MEDIA_TYPE.fullmatch(kind) else ANY, content=content
        )
        yield name[:MOST_NAME], kept


def of_json(body: bytes) -> Iterator[tuple[str, Posted]]:
    try:
        document = json_of(body)
    except Unreadable as error:
        raise refused(str(error)) from None
    if not isinstance(document, dict) or len(document) > MOST_FIELDS:
        raise refused(f"must be an object of at most {MOST_FIELDS} fields")
    for name, value in document.items():
        values = value if isinstance(value, list) else [value]
        if len(values) > MOST_FIELDS or any(isinstance(each, dict | list) for each in values):
            raise Invalid(
                [{"pointer": f"#/{text_of(name)}", "detail": "must be a value or a list of values"}]
            )
        yield text_of(name)[:MOST_NAME], Posted(values=tuple(as_text(v) for v in values if v is not None))


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else ""
    return text_of(str(value))


def text_of(value: str) -> str:
    """As text that a store can keep: half a surrogate pair becomes a question mark, NUL goes."""
    return value.encode(errors="replace").decode().replace("\x00", "")


def file_name(name: str) -> str:
    """The last part of it alone, without what would end a header."""
    last = text_of(name).replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in last if each.isprintable())[-200:] or "file"


def refused(detail: str) -> Invalid:
    return Invalid([{"pointer": "#", "detail": detail}])
