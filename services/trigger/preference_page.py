"""`/r/p/…`: the page on which a contact says what it wants to get. Posting it is one event on the road."""

from collections.abc import Sequence
from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from common.domain.contact import E_MARKETING, Contact
from common.domain.subscription_type import MOST_TYPES, SubscriptionType
from services.trigger.pages import Token, page, unknown
from services.trigger.reader import Reader, UnknownAddress

ALL_MAIL = "e_marketing"
SHOWN, WANTED = "shown", "wanted"


def form(types: Sequence[SubscriptionType], contact: Contact) -> str:
    """A switch for all marketing mail, and one for each type."""
    switches = [switch(ALL_MAIL, "1", "Send me marketing mail", checked=contact.consents_to(E_MARKETING))]
    for each in types:
        words = escape(each.name) + (
            f"<br><small>{escape(each.description)}</small>" if each.description else ""
        )
        switches.append(switch(WANTED, each.id, words, checked=each.id in contact.subscriptions))
        switches.append(f'<input type="hidden" name="{SHOWN}" value="{escape(each.id)}">')
    return f'<form method="post">{"".join(switches)}<p><button>Save</button></p></form>'


def switch(name: str, value: str, words: str, *, checked: bool) -> str:
    mark = " checked" if checked else ""
    return (
        f'<p><label><input type="checkbox" name="{name}" value="{escape(value)}"{mark}> {words}</label></p>'
    )


async def wishes(request: Request) -> tuple[dict[str, bool], bool]:
    """For each type that the page had shown whether it is wanted; and whether marketing mail is at all.

    Raises `UnknownAddress` for what no page of ours posts.
    """
    try:
        told = parse_qs((await request.body()).decode(), max_num_fields=3 * MOST_TYPES)
    except ValueError:
        raise UnknownAddress from None
    wanted = set(told.get(WANTED, ()))
    return {each: each in wanted for each in told.get(SHOWN, ())}, ALL_MAIL in told


def router(reader: Reader) -> APIRouter:
    routes = APIRouter(prefix="/r", tags=["readers of mails"])

    @routes.get("/p/{token}", response_class=HTMLResponse)
    async def show_preferences(token: Token) -> Response:
        """What the contact gets, as it stands. Looking at it changes nothing."""
        try:
            _, contact = await reader.preferences(token)
        except UnknownAddress:
            return unknown()
        return page("What would you like to get?", form(await reader.types.all(), contact))

    @routes.post("/p/{token}", response_class=HTMLResponse, openapi_extra=PREFERENCES_BODY)
    async def save_preferences(request: Request, token: Token) -> Response:
        """What the contact wants from now on."""
        try:
            mailing, _ = await reader.preferences(token)
            types, marketing = await wishes(request)
        except UnknownAddress:
            return unknown()
        known = {each.id for each in await reader.types.all()}
        chosen = {name: wanted for name, wanted in types.items() if name in known}
        await reader.preferred(mailing, chosen, e_marketing=marketing)
        return page("Saved", "<p>You will get what you have chosen, and nothing else.</p>")

    return routes


PREFERENCES_BODY = {
    "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}}
}
