"""Errors at the edge as problem details (RFC 9457). What goes wrong inside is logged, never shown."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from common.domain.complaints import Complaint, complaints
from common.ports import Unavailable, Unstorable

MEDIA_TYPE = "application/problem+json"
UNEXPECTED = "request_failed"

log = structlog.get_logger()


class Problem(Exception):
    """Something to tell the client: a status, a type that stays the same, and data.

    A subclass is one type of problem; its `members` stand beside the standard ones.
    """

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    slug: ClassVar[str] = "bad-request"
    title: ClassVar[str] = "Bad request"

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def response(self) -> JSONResponse:
        body = {
            "type": f"urn:headrace:problem:{self.slug}",
            "title": self.title,
            "status": self.status.value,
            "detail": self.detail,
        }
        return JSONResponse(
            body | self.members, self.status.value, headers=self.headers, media_type=MEDIA_TYPE
        )


class Unauthorized(Problem):
    status, slug, title = HTTPStatus.UNAUTHORIZED, "unauthorized", "A valid key is needed"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="headrace"'})


class Forbidden(Problem):
    status, slug, title = HTTPStatus.FORBIDDEN, "forbidden", "The key does not allow this"


class NotFound(Problem):
    status, slug, title = HTTPStatus.NOT_FOUND, "not-found", "Not found"

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"there is no {what} {name!r}")


class Conflict(Problem):
    status, slug, title = HTTPStatus.CONFLICT, "conflict", "Not possible as things stand"


class Changed(Problem):
    """Somebody else saved first, or the client's copy is old."""

    status, slug, title = HTTPStatus.PRECONDITION_FAILED, "changed", "Changed since it was read"


class IfMatchNeeded(Problem):
    status, slug, title = HTTPStatus.PRECONDITION_REQUIRED, "if-match-needed", "If-Match is needed"


class Gone(Problem):
    status, slug, title = HTTPStatus.GONE, "gone", "Not any more"


class TooMany(Problem):
    status, slug, title = HTTPStatus.TOO_MANY_REQUESTS, "too-many", "Too many requests"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class TooLarge(Problem):
    status, slug, title = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", "Too large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"a request may have {limit} bytes", limit=limit)


class TooSlow(Problem):
    status, slug, title = HTTPStatus.REQUEST_TIMEOUT, "too-slow", "Too slow"

    def __init__(self, patience: float, slowest: int) -> None:
        super().__init__(f"after {patience:g} s a request has to come at {slowest} bytes a second or more")


class NoHead(Problem):
    status, slug, title = HTTPStatus.REQUEST_TIMEOUT, "no-head", "Too slow"

    def __init__(self, patience: float) -> None:
        super().__init__(f"the head of a request has to come within {patience:g} s")


class Malformed(Problem):
    slug, title = "malformed", "No HTTP request"


class MediaTypeNotTaken(Problem):
    status, slug, title = HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media-type-not-taken", "Media type not taken"


class Invalid(Problem):
    """`errors` lists all that is wrong, each with its place."""

    status, slug, title = HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "Not valid"

    def __init__(self, errors: Sequence[Mapping[str, Any]], detail: str | None = None) -> None:
        number = f"{len(errors)} error" + ("s" if len(errors) > 1 else "")
        super().__init__(detail or number, errors=[dict(error) for error in errors])

    @property
    def summary(self) -> str:
        """The first error in a line, with its place."""
        error = self.members["errors"][0]
        return f"{error.get('parameter') or error.get('pointer')}: {error['detail']}"

    @classmethod
    def document(cls, found: Sequence[Complaint]) -> "Invalid":
        return cls([complaint_error(each) for each in found], first(found))


class Busy(Problem):
    status, slug, title = HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "Try again later"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class Failed(Problem):
    status, slug, title = HTTPStatus.INTERNAL_SERVER_ERROR, "failed", "Something went wrong here"


def complaint_error(complaint: Complaint) -> dict[str, Any]:
    return {"pointer": complaint.pointer, "detail": complaint.detail}


def first(found: Sequence[Complaint]) -> str:
    """The first complaint in words, and how many more there are."""
    named = f"{found[0].field} {found[0].detail}".strip()
    return named if len(found) == 1 else f"{named} (and {len(found) - 1} more)"


def of_validation(error: RequestValidationError) -> Invalid:
    """FastAPI's findings; those about the body point into it, the others name their parameter."""
    errors = error.errors()
    for each in errors:
        if each["type"] == "json_invalid":
            position = each["loc"][-1] if len(each["loc"]) > 1 else 0
            reason = each.get("ctx", {}).get("error", "not JSON")
            return Invalid([{"pointer": "#", "detail": f"is not JSON: {reason} (at {position})"}])
    inside = [each | {"loc": each["loc"][1:]} for each in errors if each["loc"][0] == "body"]
    found = complaints(inside, error.body)
    outside = [
        {"parameter": str(each["loc"][-1]), "detail": str(each["msg"])}
        for each in errors
        if each["loc"][0] != "body"
    ]
    return Invalid([*(complaint_error(each) for each in found), *outside], first(found) if found else None)


Handler = Callable[[Request, Exception], Awaitable[JSONResponse]]


async def on_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return error.response()


async def on_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return of_validation(error).response()


async def on_http(request: Request, error: Exception) -> JSONResponse:
    """What the framework itself refuses (no such path, method not allowed)."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": error.detail}
    return JSONResponse(body, status.value, headers=error.headers, media_type=MEDIA_TYPE)


async def on_unavailable(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Unavailable)
    return Busy(str(error), error.retry_after).response()


async def on_unstorable(request: Request, error: Exception) -> JSONResponse:
    return Invalid([{"pointer": "#", "detail": f"can't be stored: {error}"}]).response()


async def on_depth(request: Request, error: Exception) -> JSONResponse:
    """JSON has no bounds of its own; those of the interpreter end it."""
    return Invalid([{"pointer": "#", "detail": "is nested too deeply"}]).response()


async def on_unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error(UNEXPECTED, method=request.method, path=request.url.path, exc_info=error)
    return Failed("the error was logged; nothing of it is shown here").response()


def install(api: FastAPI) -> None:
    """Have every error of this application answered as problem details."""
    handlers: dict[type[Exception], Handler] = {
        Problem: on_problem,
        RequestValidationError: on_validation,
        HTTPException: on_http,
        Unavailable: on_unavailable,
        Unstorable: on_unstorable,
        RecursionError: on_depth,
        Exception: on_unexpected,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)
