"""MJML, the markup for responsive mails (mjml.io), as HTML: the only place that knows its compiler."""

import re
import threading
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

MOST_SIGNS = 10_000
STACK = 192 << 20
"""The compiler descends into what is nested, and takes the process with it where the stack ends. So many `<` can't be
nested deeper than these bytes last for (a level needs 10 KB or less); only those in use take up memory."""
STACKS = threading.Lock()


class NoMjml(Exception):
    """It can't be read; the text says why."""


def html_of(content: EmailContent) -> str:
    """The author's body as HTML, its merge tags as they were. Raises `NoMjml`."""
    if not content.mjml:
        return content.html
    if content.mjml.count("<") > MOST_SIGNS:
        raise NoMjml(f"more than {MOST_SIGNS:,} tags")
    return compiled(content.mjml)


def compiled(mjml: str) -> str:
    """On a stack of its own. Raises `NoMjml`."""
    made: list[str | OSError] = []

    def work() -> None:
        try:
            made.append(str(mrml.to_html(mjml, render_options=OPTIONS).content))
        except OSError as error:
            made.append(error)

    with STACKS:
        usual = threading.stack_size(STACK)
        thread = threading.Thread(target=work)
        try:
            thread.start()
        finally:
            threading.stack_size(usual)
    thread.join()
    (found,) = made
    if isinstance(found, OSError):
        raise NoMjml(str(found)) from found
    return found


def unknown_tags(mjml: str) -> Iterator[tuple[int, str]]:
    """Tags that are none of MJML, with the line of each."""
    for found in TAG.finditer(mjml):
        if found[1] not in KNOWN:
            yield mjml.count("\n", 0, found.start()) + 1, found[1]
