"""`/r/…`: the addresses in mails. No key is asked: the signed token in the address is the right to use it."""

from typing import Any
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from common.domain.bots import Visit
from common.domain.contact import Contact
from common.ports import Unavailable
from common.runtime.form_desk import Opened
from common.runtime.problems import Invalid
from services.trigger.forms_api import PublicForms, Visitor
from services.trigger.pages import Token, button, page, paragraphs, unknown
from services.trigger.reader import Mailing, Reader, UnknownAddress, origin, visit_now

log = structlog.get_logger()

CLICK_LOST = "click.not_recorded"
OPEN_LOST = "open.not_recorded"
MOST_FIELDS = 50
MOST_TEXT = 4_000

PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
"""A GIF of one transparent pixel."""


def visited(request: Request, link: str | None) -> Visit:
    return visit_now(link, request.method, request.headers.get("user-agent", ""))


def router(reader: Reader, public: PublicForms) -> APIRouter:
    routes = APIRouter(prefix="/r", tags=["readers of mails"])
    take_clicks_and_openings(routes, reader)
    take_forms(routes, reader, public)
    take_unsubscriptions(routes, reader)
    return routes


def take_clicks_and_openings(routes: APIRouter, reader: Reader) -> None:
    @routes.head("/l/{token}", include_in_schema=False)
    @routes.get("/l/{token}", response_class=RedirectResponse, status_code=302)
    async def follow_link(request: Request, token: Token) -> Response:
        """Record the click, a machine's as such, and send the reader on, or show what the link has to say."""
        try:
            mailing, name, link = await reader.followed(token)
        except UnknownAddress:
            return unknown()
        try:
            await reader.clicked(mailing, name, visited(request, name))
        except Unavailable:  # the reader comes first
            log.warning(CLICK_LOST, effect=mailing.effect.id, link=name)
        if link.to is None:
            return page(link.title, paragraphs(link.text))
        return RedirectResponse(str(link.to), 302, headers={"Cache-Control": "no-store"})

    @routes.get("/o/{token}", response_class=Response)
    async def tell_of_opening(request: Request, token: Token) -> Response:
        """A picture of one pixel, whatever the token."""
        try:
            await reader.opened(token, visited(request, None))
        except (UnknownAddress, Unavailable):
            log.info(OPEN_LOST)
        return Response(PIXEL, media_type="image/gif", headers={"Cache-Control": "no-store"})


def take_forms(routes: APIRouter, reader: Reader, public: PublicForms) -> None:
    @routes.get("/f/{token}", response_class=HTMLResponse)
    async def show_form(token: Token) -> Response:
        """The hosted form, or a single button where it is no more than a name. Looking at it submits nothing."""
        try:
            mailing, form = await reader.form(token)
        except UnknownAddress:
            return unknown()
        if (document := await public.desk.forms.latest(form)) is not None:
            return await public.show(document, await visitor(public, mailing))
        return page(form.replace("-", " ").capitalize(), button("Send"))

    @routes.post("/f/{token}", response_class=HTMLResponse, openapi_extra=FORM_BODY)
    async def submit_form(request: Request, token: Token) -> Response:
        """Take a submission, from a browser or as JSON."""
        try:
            mailing, form = await reader.form(token)
        except UnknownAddress:
            return unknown()
        if (document := await public.desk.forms.latest(form)) is not None:
            return await public.post(request, document, await visitor(public, mailing))
        await reader.submitted(mailing, form, await fields_of(request))
        return page("Thank you", "<p>We have received it.</p>")


def take_unsubscriptions(routes: APIRouter, reader: Reader) -> None:
    @routes.get("/u/{token}", response_class=HTMLResponse)
    async def ask_unsubscribe(token: Token) -> Response:
        """Ask first: mail scanners fetch every link (RFC 8058, section 1)."""
        try:
            mailing, _ = await reader.subscription(token)
        except UnknownAddress:
            return unknown()
        choose = f'<p><a href="../p/{reader.tokens.preferences(mailing.effect.id)}">Choose what I get</a></p>'
        return page("Unsubscribe", button("Unsubscribe me") + choose)

    @routes.post("/u/{token}", response_class=HTMLResponse)
    async def unsubscribe(token: Token) -> Response:
        """One click, by the reader or by the mail program for them (RFC 8058)."""
        try:
            mailing, subscription_type = await reader.subscription(token)
        except UnknownAddress:
            return unknown()
        await reader.unsubscribed(mailing, subscription_type)
        return page("You are unsubscribed", "<p>You will get no more of these mails.</p>")


async def visitor(public: PublicForms, mailing: Mailing) -> Visitor:
    """Whose mail it was."""
    contact = mailing.effect.contact
    known = (await public.desk.people.many([contact])).get(contact)
    return Visitor(known or Contact(id=contact), Opened(contact, origin(mailing)))


FORM_BODY = {
    "requestBody": {
        "content": {
            "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
            "application/json": {"schema": {"type": "object"}},
        }
    }
}


async def fields_of(request: Request) -> dict[str, str]:
    """The submitted fields as text, bounded in number and length."""
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            submitted: Any = await request.json()
        except (ValueError, RecursionError):
            raise Invalid([{"pointer": "#", "detail": "is not JSON"}]) from None
    else:
        submitted = parsed(await request.body())
    if not isinstance(submitted, dict) or len(submitted) > MOST_FIELDS:
        raise Invalid([{"pointer": "#", "detail": f"must be an object of at most {MOST_FIELDS} fields"}])
    if any(isinstance(value, dict | list) for value in submitted.values()):
        raise Invalid([{"pointer": "#", "detail": "must have a single value for each field"}])
    return {field_name(name): text_of(value)[:MOST_TEXT] for name, value in submitted.items()}


def parsed(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Invalid([{"pointer": "#", "detail": f"is no form of at most {MOST_FIELDS} fields"}]) from None


def text_of(value: Any) -> str:
    """As text that a store can keep: half a surrogate pair becomes a question mark."""
    return "" if value is None else str(value).encode(errors="replace").decode()


def field_name(name: str) -> str:
    """Names are keys of a document: no operators, no paths."""
    return text_of(name)[:200].replace("$", "_").replace(".", "_").replace("\x00", "_") or "_"
