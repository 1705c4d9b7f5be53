"""`/v1/operations/forget`: erase a contact's values everywhere."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from common.domain.model import ContactId, Model
from services.studio.operations.erasure import Eraser


class ForgetRequest(Model):
    """`patience`: seconds to wait for it to be done."""

    contact: ContactId
    patience: Annotated[float, Field(ge=0, le=60)] = 20.0


class ForgetAnswer(Model):
    """`waits_for`: what keeps it from being done; it goes on by itself. `erased`: documents by collection."""

    contact: str
    done: bool
    waits_for: str | None
    erased: dict[str, int]


def router(eraser: Eraser) -> APIRouter:
    routes = APIRouter()

    @routes.post("/forget", responses={202: {"model": ForgetAnswer}})
    async def forget(request: ForgetRequest, response: Response) -> ForgetAnswer:
        """200 when nothing but ids and totals is left of the contact, 202 while something still moves."""
        forgotten = await eraser.forget(request.contact, request.patience)
        response.status_code = 200 if forgotten.waits_for is None else 202
        return ForgetAnswer(
            contact=request.contact,
            done=forgotten.waits_for is None,
            waits_for=forgotten.waits_for,
            erased=dict(forgotten.erased),
        )

    return routes
