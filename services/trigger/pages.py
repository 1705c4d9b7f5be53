"""The plain pages that readers of mails get to see."""

from html import escape
from typing import Annotated

from fastapi import Path
from fastapi.responses import HTMLResponse

Token = Annotated[str, Path(max_length=500)]

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;color:#222}}
button{{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.4rem;background:#1a5fb4;color:#fff}}</style>
<h1>{title}</h1>{body}</html>"""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


def page(title: str, body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(PAGE.format(title=escape(title), body=body), status, headers=HEADERS)


def button(label: str) -> str:
    return f'<form method="post"><button>{escape(label)}</button></form>'


def paragraphs(text: str) -> str:
    """An author's words, with nothing in them that a browser would take for more."""
    parts = (part for part in text.replace("\r", "").split("\n\n") if part.strip())
    return "".join(f"<p>{'<br>'.join(map(escape, part.strip().splitlines()))}</p>" for part in parts)


def unknown() -> HTMLResponse:
    return page(
        "This address is not valid", "<p>It may have been cut off on its way. Nothing was changed.</p>", 404
    )
