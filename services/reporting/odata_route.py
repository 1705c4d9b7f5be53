"""OData's manners: its version on every answer, and errors in its form (OData JSON format v4, §19)."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from common.domain.odata import BadQuery, NotOffered
from common.ports import Unavailable
from common.ports.report_tables import MomentGone, TooSlow
from common.runtime.problems import UNEXPECTED, Problem, of_validation

VERSION = {"OData-Version": "4.0"}
ASK_FOR_KEY = {"WWW-Authenticate": 'Basic realm="headrace", charset="UTF-8"'}
SLOW = "takes too long: narrow it by $filter, order it by id, or export the table"
READ_ONLY = "tables are read, by GET alone; facts come into them on the road"
GONE = (
    "these pages can't be read on as they were when you began; begin again, with fewer rows or larger pages"
)

log = structlog.get_logger()
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ODataRoute(APIRoute):
    """A route whose errors OData clients can read."""

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                answer = await inner(request)
            except Exception as error:  # noqa: BLE001 - each is answered, the unexpected logged
                answer = error_answer(request, error)
            answer.headers.update(VERSION)
            return answer

        return handle

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Methods that it does not know are refused before the handler is asked."""
        try:
            await super().handle(scope, receive, send)
        except HTTPException as error:
            answer = error_answer(Request(scope), error)
            answer.headers.update(VERSION)
            await answer(scope, receive, send)


def error_answer(request: Request, error: Exception) -> Response:
    match error:
        case NotOffered():
            return told(HTTPStatus.NOT_IMPLEMENTED, "not-offered", str(error), target=error.option)
        case BadQuery():
            return told(HTTPStatus.BAD_REQUEST, "bad-query", str(error), target=error.option)
        case MomentGone():
            return told(HTTPStatus.GONE, "gone", GONE, target="$skiptoken")
        case TooSlow():
            return told(HTTPStatus.SERVICE_UNAVAILABLE, "too-slow", SLOW)
        case Unavailable():
            answer = told(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", str(error))
            answer.headers["Retry-After"] = str(error.retry_after)
            return answer
        case Problem(status=HTTPStatus.UNAUTHORIZED):
            return asked_for_key(error.detail)
        case Problem():
            return told(error.status, error.slug, error.detail, headers=error.headers)
        case RequestValidationError():
            return told(HTTPStatus.BAD_REQUEST, "invalid", of_validation(error).summary)
        case HTTPException(status_code=401):
            return asked_for_key("send an API key as the password")
        case HTTPException(status_code=405):
            return told(HTTPStatus.METHOD_NOT_ALLOWED, "read-only", READ_ONLY, headers=error.headers)
        case HTTPException():
            return told(HTTPStatus(error.status_code), "refused", str(error.detail))
        case _:
            log.error(UNEXPECTED, method=request.method, path=request.url.path, exc_info=error)
            detail = "the error was logged; nothing of it is shown here"
            return told(HTTPStatus.INTERNAL_SERVER_ERROR, "failed", detail)


def asked_for_key(detail: str) -> Response:
    """Basic comes first: spreadsheets ask their user for a name and a password then."""
    return told(HTTPStatus.UNAUTHORIZED, "unauthorized", detail, headers=ASK_FOR_KEY)


def told(
    status: HTTPStatus, code: str, message: str, *, target: str | None = None, headers: Any = None
) -> Response:
    error = {"code": code, "message": message} | ({"target": target} if target else {})
    return JSONResponse({"error": error}, status.value, headers=headers)
