"""Links of a mail that look broken: told as a warning, since only their author knows."""

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

from common.adapters.mail.mjml import NoMjml, html_of
from common.adapters.mail.sanitizing import OWN_ADDRESS, PIECE
from common.domain.content import EmailContent

WEB = ("http", "https")
OTHER = ("mailto", "tel")
TAG = "a merge tag"


class Links(HTMLParser):
    """The destinations of `<a>`, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if (tag, name) == ("a", "href")]


def doubts(content: EmailContent) -> list[str]:
    """What looks wrong with the links in a content's body, each once."""
    try:
        html = html_of(content)
    except NoMjml:
        return []
    links = Links()
    links.feed(html)
    return list(dict.fromkeys(told for link in links.found for told in of_link(link.strip())))


def of_link(link: str) -> Iterator[str]:
    if OWN_ADDRESS.match(link):
        return
    without = PIECE.sub("x", link)
    if without != link:
        yield f"the link {link!r} holds {TAG}: clicks are not counted, and it leads to wherever the tag says"
    if wrong := broken(without):
        yield f"the link {link!r} looks broken: {wrong}"


def broken(link: str) -> str | None:
    """What looks wrong with one address."""
    if link in ("", "#"):
        return "it leads nowhere"
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        return "it is no address"
    if parts.scheme in OTHER:
        return None if parts.path else "nobody is named"
    if parts.scheme not in WEB:
        return "it begins with neither https:// nor mailto:"
    if any(each.isspace() for each in link):
        return "there is a space in it"
    if "." not in host.strip("."):
        return "its host has no domain"
    return None
