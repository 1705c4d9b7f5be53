"""MJML, the markup for responsive mails (mjml.io), as HTML: the only place that knows its compiler."""

import re
from collections.abc import Iterator

import mrml

from common.domain.content import EmailContent

TAG = re.compile(r"<(mjml|mj-[a-z-]*)")
KNOWN = frozenset({
    "mjml", "mj-accordion", "mj-accordion-element", "mj-accordion-text", "mj-accordion-title", "mj-all",
    "mj-attributes", "mj-body", "mj-breakpoint", "mj-button", "mj-carousel", "mj-carousel-image",
    "mj-class", "mj-column", "mj-divider", "mj-font", "mj-group", "mj-head", "mj-hero", "mj-image",
    "mj-navbar", "mj-navbar-link", "mj-preview", "mj-raw", "mj-section", "mj-social", "mj-social-element",
    "mj-spacer", "mj-style", "mj-table", "mj-text", "mj-title", "mj-wrapper",
})  # fmt: skip
"""The tags of MJML 4, but for `mj-include`: a mail reads no files. The compiler drops others without a word."""

OPTIONS = mrml.RenderOptions(fonts={}, disable_comments=True)
"""No fonts are fetched from other people's servers when a mail is read."""


class NoMjml(Exception):
    """It can't be read; the text says why."""


def html_of(content: EmailContent) -> str:
    """The author's body as HTML, its merge tags as they were. Raises `NoMjml`."""
    if not content.mjml:
        return content.html
    try:
        return str(mrml.to_html(content.mjml, render_options=OPTIONS).content)
    except OSError as error:
        raise NoMjml(str(error)) from error


def unknown_tags(mjml: str) -> Iterator[tuple[int, str]]:
    """Tags that are none of MJML, with the line of each."""
    for found in TAG.finditer(mjml):
        if found[1] not in KNOWN:
            yield mjml.count("\n", 0, found.start()) + 1, found[1]
