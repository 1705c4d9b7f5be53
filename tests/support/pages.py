"""What a page makes browsers load, and what its policy would let them."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

LOADING = {
    "script": ("src",),
    "link": ("href",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "frame": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "input": ("src", "formaction"),
    "button": ("formaction",),
    "form": ("action",),
    "base": ("href",),
    "use": ("href", "xlink:href"),
    "body": ("background",),
}
"""By tag, the attributes that name what is loaded, or where what is typed goes."""
OWN = {"'none'", "'self'", "data:"}
INLINE = {"style-src": {"'unsafe-inline'"}}


class Loads(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline_scripts = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [value for name in LOADING.get(tag, ()) if (value := given.get(name))]
        self.inline_scripts += (tag == "script" and "src" not in given) or any(
            n.startswith("on") for n in given
        )
        self.inline_scripts += any("javascript:" in (value or "").lower() for value in given.values())


def elsewhere(page: str) -> list[str]:
    """What it loads from, or sends to, another origin."""
    return [
        address
        for address in Loads(page).found
        if urlsplit(address).scheme not in ("", "data") or urlsplit(address).netloc
    ]


def let_in(policy: str, *, but: frozenset[str] = frozenset()) -> list[str]:
    """Sources of a Content-Security-Policy that are not the page's own; directives in `but` may have others.
    Without `default-src` everything would be let in."""
    directives = {
        name: sources for name, *sources in (part.split() for part in policy.split(";") if part.strip())
    }
    found = [] if directives.get("default-src") == ["'none'"] else ["default-src"]
    for name, sources in directives.items():
        if name not in but:
            found += [f"{name} {each}" for each in sources if each not in OWN | INLINE.get(name, set())]
    return found
