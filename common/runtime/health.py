"""`/livez`, `/readyz` and `/metrics` of a process."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel

from common.runtime.metrics import CONTENT_TYPE, Metrics

Check = Callable[[], Awaitable[str | None]]
"""Answers why the process can't do its work now, or `None`. What it raises counts as a reason."""

PATIENCE = 3.0
"""Seconds a check may take."""


class Readiness(BaseModel):
    """`reasons`: by check, why the process is not ready."""

    ready: bool
    reasons: dict[str, str]


class Health:
    """The checks of one process."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self.stopping = False
        """Set at shutdown, so that nothing new is sent here."""

    def add(self, name: str, check: Check) -> None:
        self._checks[name] = check

    async def readiness(self) -> Readiness:
        """Ask all checks at once."""
        answers = await asyncio.gather(*(ask(check) for check in self._checks.values()))
        reasons = {name: why for name, why in zip(self._checks, answers, strict=True) if why}
        if self.stopping:
            reasons["process"] = "shutting down"
        return Readiness(ready=not reasons, reasons=reasons)


async def ask(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check(), PATIENCE)
    except TimeoutError:
        return f"no answer within {PATIENCE:g} s"
    except Exception as error:  # noqa: BLE001 - whatever a check raises is its answer
        return type(error).__name__


def router(health: Health, metrics: Metrics) -> APIRouter:
    """The three endpoints; they need no key and belong on a network of the operator's."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/livez")
    async def livez() -> Response:
        return PlainTextResponse("ok\n")

    @routes.get("/readyz")
    async def readyz() -> Response:
        answer = await health.readiness()
        return JSONResponse(answer.model_dump(), status_code=200 if answer.ready else 503)

    @routes.get("/metrics")
    async def figures() -> Response:
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    return routes
