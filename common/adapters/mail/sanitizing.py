"""An author's HTML made safe once for each version, with its merge tags kept as they are.

The sanitizer is a real HTML parser, which would move a loop out of a table and escape comparisons in a
condition. So merge tags step aside: each becomes a word that survives parsing (or a comment, between elements),
and comes back afterwards.
"""

import re
from dataclasses import dataclass
from itertools import count

import nh3
from inscriptis import get_text
from inscriptis.model.config import ParserConfig
from liquid.exceptions import LiquidError
from liquid.token import TOKEN_COMMENT, TOKEN_CONTENT

from common.adapters.mail.merge_tags import HTML
from common.domain.analytics import Analytics, tagged

PIECE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
MARK = "hrqx"
WORD = re.compile(MARK + r"(\d+)z")
COMMENT = re.compile(rf"<!--({MARK}\d+z)-->")
ANY_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
ELEMENT = re.compile(r"<[a-zA-Z/](?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>")
OWN_ADDRESS = re.compile(r"\{\{-?\s*(links\.|links\[|forms\.|forms\[|unsubscribe\b|preferences\b)")

ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?()]", re.IGNORECASE)
"""In plain text, without the punctuation behind it."""

LAYOUT = {"style", "class", "id", "align", "valign", "bgcolor", "background", "width", "height", "dir", "lang",
          "title", "role", "border", "aria-hidden", "aria-label"}  # fmt: skip
ATTRIBUTES: dict[str, set[str]] = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "*": LAYOUT,
    "a": {"href", "name", "target", "hreflang", "rel"},
    "img": {"src", "srcset", "alt", "hspace", "vspace"},
    "table": {"cellpadding", "cellspacing", "summary"},
    "td": {"colspan", "rowspan", "nowrap", "headers"},
    "th": {"colspan", "rowspan", "nowrap", "headers", "scope"},
    "font": {"color", "face", "size"},
    "style": {"media", "type"},
}
URLS = {"href", "src", "background", "cite", "srcset"}
LINKS_SHOWN = ParserConfig(display_links=True)


@dataclass(frozen=True, slots=True)
class Sanitized:
    """An author's HTML as Liquid templates that are safe to fill.

    `text`: a plain text made of it, `None` where that would move its loops or conditions; then each filled mail
    gets its text made from itself. `lost`: merge tags that stood where HTML keeps nothing. `torn`:
    Liquid would see other merge tags than were set aside, so the HTML can't be trusted.
    """

    html: str
    text: str | None
    lost: tuple[str, ...]
    torn: bool


def sanitize(html: str, analytics: Analytics | None = None) -> Sanitized:
    """`analytics`: added to the addresses that the author's links lead to."""
    pieces: list[str] = []

    def step_aside(found: re.Match[str]) -> str:
        pieces.append(found[0])
        return f"{MARK}{len(pieces) - 1}z"

    def come_back(marked: str) -> str:
        return WORD.sub(lambda found: pieces[int(found[1])], marked)

    marked = PIECE.sub(step_aside, ANY_COMMENT.sub("", html.replace(MARK, "")))
    cleaned = COMMENT.sub(
        r"\1", cleaner(pieces, analytics).clean(in_comments(keep_body_style(marked), pieces))
    )
    text = plain_text(cleaned)
    kept = WORD.findall(cleaned)
    return Sanitized(
        html=come_back(cleaned),
        text=come_back(text) if in_order(pieces, kept, WORD.findall(text)) else None,
        lost=tuple(piece for number, piece in enumerate(pieces) if str(number) not in kept),
        torn=squeezed(literals(come_back(cleaned))) != squeezed(WORD.sub("", cleaned)),
    )


def plain_text(html: str) -> str:
    """HTML as text, with the destinations of links behind their words."""
    return str(get_text(html, LINKS_SHOWN)).strip()


def in_order(pieces: list[str], html: list[str], text: list[str]) -> bool:
    """Whether the text says what the HTML says: the order matters only where something is `{% … %}`."""
    return html == text or not any(pieces[int(number)].startswith("{%") for number in html)


def literals(template: str) -> str | None:
    """What Liquid takes for plain text in a template, `None` when it can't read it."""
    try:
        tokens = list(HTML.tokenizer()(template))
    except LiquidError:
        return None
    return "".join(token.value for token in tokens if token.kind in (TOKEN_CONTENT, TOKEN_COMMENT))


def squeezed(text: str | None) -> str | None:
    return None if text is None else "".join(text.split())


def keep_body_style(html: str) -> str:
    """What is sanitized is a fragment, in which a `body` has no place, but its background matters."""
    return re.sub(r"<(/?)body\b", r"<\1div", html, flags=re.IGNORECASE)


def in_comments(html: str, pieces: list[str]) -> str:
    """Between elements, words that stand for `{% … %}` go into comments: those may stand in a table."""

    def between(text: str) -> str:
        return WORD.sub(
            lambda found: f"<!--{found[0]}-->" if pieces[int(found[1])].startswith("{%") else found[0], text
        )

    parts: list[str] = []
    end = 0
    for element in ELEMENT.finditer(html):
        parts += [between(html[end : element.start()]), element[0]]
        end = element.end()
    return "".join([*parts, between(html[end:])])


def tag_text(text: str, analytics: Analytics | None) -> str:
    """An author's plain text, with the same added to the addresses in it."""
    pieces = PIECE.findall(text)
    marked = (f"{MARK}{number}z" for number in count())
    aside = PIECE.sub(lambda _: next(marked), text.replace(MARK, ""))
    led = ADDRESS.sub(lambda found: tagged(found[0], analytics), aside)
    return WORD.sub(lambda found: pieces[int(found[1])], led)


def cleaner(pieces: list[str], analytics: Analytics | None) -> nh3.Cleaner:
    def only_known_addresses(tag: str, name: str, value: str) -> str | None:
        """An address may hold merge tags, but where it leads is the author's choice, not a contact's."""
        found = WORD.match(value.strip()) if name in URLS else None
        if found is not None and not OWN_ADDRESS.match(pieces[int(found[1])]):
            return None
        return tagged(value.strip(), analytics) if leads_out(tag, name, value) else value

    def leads_out(tag: str, name: str, value: str) -> bool:
        return (tag, name) == ("a", "href") and value.strip().lower().startswith(("https://", "http://"))

    return nh3.Cleaner(
        tags=nh3.ALLOWED_TAGS | {"style", "font", "section", "main", "tfoot"},
        clean_content_tags={"script", "title"},
        attributes=ATTRIBUTES,
        attribute_filter=only_known_addresses,
        strip_comments=False,
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    )
