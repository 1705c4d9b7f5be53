"""`/phone`: the text messages that the built-in provider has taken, for reading in a browser."""

from hmac import compare_digest
from html import escape
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from common.adapters.sms.sink import KeptText, SmsSink
from common.runtime.problems import Unauthorized
from services.command_line.mailbox_page import page

SHOWN = 50


class PostedText(BaseModel):
    """A message in the shape of docs/messages.md."""

    id: str = Field(max_length=200)
    to: str = Field(max_length=20)
    sender: str = Field(default="", max_length=20, alias="from")
    text: str = Field(max_length=10_000)
    segments: int = 1


def texts(kept: list[KeptText], received: int) -> str:
    """The list, newest first."""
    count = "1 text message" if received == 1 else f"{received:,} text messages"
    header = (
        f"<header><h1>Phone</h1><p>{count} received; nothing has left this machine</p>"
        '<p><a href="/mailbox">Mailbox</a></p></header>'
    )
    if not kept:
        return f'{header}<p class="empty">No text message yet. This page looks again by itself.</p>'
    heads = "<tr><th>To</th><th>From</th><th>Text</th><th>Parts</th></tr>"
    rows = "\n".join(map(row, kept))
    more = f"<p><small>The newest {len(kept)} are shown.</small></p>" if received > len(kept) else ""
    return f"{header}<table><thead>{heads}</thead><tbody>\n{rows}\n</tbody></table>{more}"


def row(kept: KeptText) -> str:
    cells = (kept.to, kept.sender, kept.text, str(kept.segments))
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def router(sink: SmsSink, token: str) -> APIRouter:
    """`token`: what the sender of our own messages bears; nobody else gets any in."""
    routes = APIRouter(prefix="/phone", include_in_schema=False)

    @routes.get("")
    async def show_texts() -> HTMLResponse:
        return page("Phone", texts(sink.latest(SHOWN), sink.received), refresh=True)

    @routes.post("", status_code=202)
    async def take_text(message: PostedText, authorization: Annotated[str, Header()] = "") -> None:
        if not compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise Unauthorized("only this installation sends text messages to its own phone")
        sink.take(KeptText(**message.model_dump()))

    return routes
