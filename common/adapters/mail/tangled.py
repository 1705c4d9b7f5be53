"""What no mail has, and what would keep parsers of HTML or merge tags busy for minutes: told before they begin."""

import re

MOST_NESTED = 500
OPENED = re.compile(r"<(/?)([a-z][a-z0-9-]*)", re.IGNORECASE)
UNCOUNTED = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    "body", "colgroup", "dd", "dt", "head", "html", "li", "option", "p", "tbody", "td", "tfoot", "th", "thead", "tr",
})  # fmt: skip
"""Elements that end by themselves, or with the one around them."""


def unclosed(text: str) -> bool:
    """Whether the last merge tag begins and does not end: each beginning would be followed to the text's end."""
    return text.rfind("{{") > text.rfind("}}") or text.rfind("{%") > text.rfind("%}")


def tangled(html: str) -> str | None:
    """What is wrong, in words for the author."""
    if unclosed(html):
        return "a merge tag begins and does not end"
    if html.rfind("<!--") > html.rfind("-->"):
        return "a comment begins and does not end"
    if deepest(html) > MOST_NESTED:
        return f"its elements are nested more than {MOST_NESTED} deep, or as many are never closed"
    return None


def deepest(html: str) -> int:
    depth = most = 0
    for found in OPENED.finditer(html):
        if found[2].lower() not in UNCOUNTED:
            depth = max(depth - 1, 0) if found[1] else depth + 1
            most = max(most, depth)
    return most
