"""`/v1/attachments`: files that mails carry, uploaded before a content names them."""

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter, ValidationError

from common.domain.access import Scope
from common.domain.attachment import MOST_BYTES, FileId, FileName, MediaType, StoredFile
from common.ports import Attachments
from common.runtime.keys import require
from common.runtime.problems import Invalid, NotFound, TooLarge

PLAIN = "application/octet-stream"
TYPE: TypeAdapter[str] = TypeAdapter(MediaType)
BODY = {"content": {PLAIN: {"schema": {"type": "string", "format": "binary"}}}, "required": True}


def router(files: Attachments) -> APIRouter:
    routes = APIRouter(
        prefix="/v1/attachments",
        tags=["contents"],
        dependencies=[Depends(require(Scope.CONTENT, Scope.MANAGE))],
    )

    @routes.post("", status_code=201, openapi_extra={"requestBody": BODY})
    async def upload(request: Request, name: Annotated[FileName, Query()]) -> StoredFile:
        """Keep the body as a file. It is taken as it comes, and goes after some days unless a content names it."""
        return await files.add(name, type_of(request), bounded(request))

    @routes.get("/{file}")
    async def describe(file: Annotated[FileId, Path()]) -> StoredFile:
        """Its name, type and size."""
        return await found(file)

    @routes.get("/{file}/content", response_class=StreamingResponse)
    async def download(file: Annotated[FileId, Path()]) -> StreamingResponse:
        """What is in it, never to be shown in place."""
        stored = await found(file)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(stored.name, safe='')}",
            "Content-Length": str(stored.size),
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(files.read(file), media_type=stored.type, headers=headers)

    async def found(file: str) -> StoredFile:
        known = await files.many([file])
        if file not in known:
            raise NotFound("attachment", file)
        return known[file]

    return routes


def type_of(request: Request) -> str:
    """The media type without its parameters."""
    given = request.headers.get("content-type", PLAIN).partition(";")[0].strip().lower()
    try:
        return TYPE.validate_python(given)
    except ValidationError:
        raise Invalid([{"pointer": "#", "detail": f"{given!r} is no media type"}]) from None


async def bounded(request: Request) -> AsyncIterator[bytes]:
    """The body, as long as it is no larger than all attachments of a mail may be. Raises `TooLarge`."""
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            raise TooLarge(MOST_BYTES)
        yield piece
