"""`/mailbox`: what the built-in mailbox has received, for reading in a browser.

Mails are shown as their readers see them, but in a frame that runs no scripts and reaches nothing of ours.
"""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse

from common.adapters.mail.mailbox import Mailbox, ReceivedMail

SHOWN = 50
REFRESH_SECONDS = 3
HEADERS = {
    # A frame made from text inherits this: mails may bring styles and pictures, and nothing that runs.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data: https: http:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#7778}
body{font:16px/1.45 system-ui,sans-serif;max-width:64rem;margin:0 auto;padding:1.5rem 1rem}
h1{font-size:1.4rem;margin:0}h1,dd{overflow-wrap:anywhere}
header{display:flex;flex-wrap:wrap;gap:.3rem 1rem;align-items:baseline;margin-bottom:1rem}
header p,small,dt{color:GrayText;margin:0}a{color:inherit}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.55rem .6rem;border-top:1px solid var(--line)}
th{font-weight:600;border:0}tr:hover td{background:#8881}td a{text-decoration:none;display:block}
td:last-child,th:last-child{white-space:nowrap;text-align:right}
@media(max-width:40rem){table{table-layout:fixed}td,th{padding:.55rem .3rem;overflow-wrap:anywhere}
td:last-child,th:last-child{white-space:normal}}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem 1rem;margin:0 0 1rem}dd{margin:0}
iframe{width:100%;height:32rem;border:1px solid var(--line);border-radius:.4rem;background:#fff}
pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid var(--line);border-radius:.4rem;padding:1rem}
.empty{padding:4rem 0;text-align:center;color:GrayText}"""


HOLD = '<a href="/mailbox?still=true">Hold still</a>'
FOLLOW = '<a href="/mailbox">Show new mails by itself</a>'
GONE = (
    '<header><h1>No such mail</h1><p><a href="/mailbox">All mails</a></p></header>'
    "<p>The mailbox keeps the latest, and none when Headrace ends.</p>"
)


def page(title: str, body: str, *, refresh: bool = False, status: int = 200) -> HTMLResponse:
    again = f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">' if refresh else ""
    return HTMLResponse(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{again}'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n",
        status,
        headers=HEADERS,
    )


def inbox(mails: list[ReceivedMail], received: int, *, still: bool = False) -> str:
    """The list, newest first. `still`: it does not look again by itself, so that rows can be reached in peace."""
    count = "1 mail" if received == 1 else f"{received:,} mails"
    header = (
        f"<header><h1>Mailbox</h1><p>{count} received; nothing has left this machine</p>"
        f'<p>{FOLLOW if still else HOLD}</p><p><a href="/phone">Text messages</a></p></header>'
    )
    if not mails:
        again = "" if still else " This page looks again by itself."
        return f'{header}<p class="empty">No mail yet.{again}</p>'
    rows = "\n".join(map(line, mails))
    more = f"<p><small>The newest {len(mails)} are shown.</small></p>" if received > len(mails) else ""
    heads = "<tr><th>To</th><th>Subject</th><th>Date (business time)</th></tr>"
    return f"{header}<table><thead>{heads}</thead><tbody>\n{rows}\n</tbody></table>{more}"


def line(mail: ReceivedMail) -> str:
    """A row that leads to the mail wherever it is clicked, and that the keyboard comes to once."""
    to, subject, date = map(escape, (", ".join(mail.recipients), mail.subject or "(no subject)", mail.date))
    address = f'href="/mailbox/{mail.number}"'
    aside = f'{address} tabindex="-1"'
    return f"<tr><td><a {aside}>{to}</a></td><td><a {address}>{subject}</a></td><td><a {aside}>{date}</a></td></tr>"


def letter(mail: ReceivedMail) -> str:
    """One mail: its head, as HTML in a frame, and as text."""
    head = {
        "From": mail.sender,
        "To": ", ".join(mail.recipients),
        "Date": mail.date,
        "Message-ID": mail.message_id,
    }
    if mail.attachments:
        head["Attachments"] = ", ".join(f"{name} ({size:,} bytes)" for name, size in mail.attachments)
    facts = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in head.items())
    title = escape(mail.subject or "(no subject)")
    return (
        f'<header><h1>{title}</h1><p><a href="/mailbox">All mails</a></p></header>\n<dl>{facts}</dl>\n'
        f"{frame(mail.html) if mail.html else ''}\n<h2>As text</h2>\n<pre>{escape(mail.text)}</pre>"
    )


def frame(html: str) -> str:
    """A mail's HTML shut in: no scripts, no forms, an origin of its own; links open in a tab of theirs."""
    shut_in = escape('<base target="_blank">' + html)
    return (
        '<iframe title="The mail" referrerpolicy="no-referrer" '
        f'sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="{shut_in}"></iframe>'
    )


def router(mailbox: Mailbox) -> APIRouter:
    routes = APIRouter(prefix="/mailbox", include_in_schema=False)

    @routes.get("")
    async def show_inbox(still: bool = False) -> HTMLResponse:
        body = inbox(mailbox.latest(SHOWN), mailbox.received, still=still)
        return page("Mailbox", body, refresh=not still)

    @routes.get("/{number}")
    async def show_mail(number: Annotated[int, Path(ge=1)]) -> HTMLResponse:
        mail = mailbox.mail(number)
        if mail is None:
            return page("No such mail", GONE, status=404)
        return page(mail.subject or "Mail", letter(mail))

    return routes


def front_router() -> APIRouter:
    """Leads whoever opens the bare address to what there is to see."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def show_front() -> RedirectResponse:
        return RedirectResponse("/mailbox", 307)

    return routes
