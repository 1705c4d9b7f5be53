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
from common.adapters.mail.styles import is_harmless
from common.adapters.mail.tangled import tangled
from common.domain.analytics import Analytics, tagged

PIECE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
MARK = "hrqx"
WORD = re.compile(MARK + r"(\d+)z")
COMMENT = re.compile(rf"<!--({MARK}\d+z)-->")
ANY_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
ELEMENT = re.compile(r"<[a-zA-Z/](?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>")
OWN_ADDRESS = re.compile(r"\{\{-?\s*(links\.|links\[|forms\.|forms\[|unsubscribe\b|preferences\b)")

BEHIND_HOST = re.compile(r"(?:https?://[^\s/?#]+[/?#]|mailto:|tel:)", re.IGNORECASE)
"""How an address begins in which merge tags may stand: whose it is, is the author's choice."""
PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp)[;,]", re.IGNORECASE)
SPACE = re.compile(r"[\x00-\x20]+")
SHEET = re.compile(r"(<style\b[^>]*>)(.*?)(</style>)", re.DOTALL)

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
    Liquid would see other merge tags than were set aside, so the HTML can't be trusted. `sheets`: how many style
    sheets were left out.
    """

    html: str
    text: str | None
    lost: tuple[str, ...]
    torn: bool
    sheets: int = 0


def sanitize(html: str, analytics: Analytics | None = None) -> Sanitized:
    """`analytics`: added to the addresses that the author's links lead to. HTML that is `tangled` counts as torn."""
    if tangled(html) is not None:
        return Sanitized(html="", text=None, lost=(), torn=True)
    pieces: list[str] = []

    def step_aside(found: re.Match[str]) -> str:
        pieces.append(found[0])
        return f"{MARK}{len(pieces) - 1}z"

    def come_back(marked: str) -> str:
        return WORD.sub(lambda found: pieces[int(found[1])], marked)

    marked = PIECE.sub(step_aside, ANY_COMMENT.sub("", html.replace(MARK, "")))
    marked = cleaner(pieces, analytics).clean(in_comments(keep_body_style(marked), pieces))
    cleaned, sheets = without_bad_sheets(COMMENT.sub(r"\1", marked), pieces)
    text = plain_text(cleaned)
    kept = WORD.findall(cleaned)
    return Sanitized(
        html=come_back(cleaned),
        text=come_back(text) if in_order(pieces, kept, WORD.findall(text)) else None,
        lost=tuple(piece for number, piece in enumerate(pieces) if str(number) not in kept),
        torn=squeezed(literals(come_back(cleaned))) != squeezed(WORD.sub("", cleaned)),
        sheets=sheets,
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


def without_bad_sheets(html: str, pieces: list[str]) -> tuple[str, int]:
    """Sheets that are not harmless go as a whole; how many did."""
    parts = SHEET.split(html)
    left_out = 0
    for number in range(2, len(parts), 4):
        if not may_style(parts[number], pieces):
            parts[number], left_out = "", left_out + 1
    return "".join(parts), left_out


def may_style(css: str, pieces: list[str]) -> bool:
    """A contact's data has no place in CSS, where escaping for HTML does not hold it."""
    outputs = any(pieces[int(number)].startswith("{{") for number in WORD.findall(css))
    return not outputs and is_harmless(WORD.sub("", css))


def may_lead(tag: str, name: str, value: str, pieces: list[str]) -> bool:
    """An address may hold merge tags, but where it leads is the author's choice, not a contact's."""
    if SPACE.sub("", value).lower().startswith(("data:", "cid:")):
        return (tag, name) == ("img", "src") and ("cid:" in value.lower() or bool(PICTURE.match(value)))
    found = WORD.search(value)
    if found is None:
        return True
    own = OWN_ADDRESS.match(pieces[int(found[1])]) is not None and found.start() == 0
    return own or BEHIND_HOST.match(value[: found.start()]) is not None


def cleaner(pieces: list[str], analytics: Analytics | None) -> nh3.Cleaner:
    def only_what_is_safe(tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return value if may_style(value, pieces) else None
        if name in URLS and not may_lead(tag, name, value.strip(), pieces):
            return None
        return tagged(value.strip(), analytics) if leads_out(tag, name, value) else value

    def leads_out(tag: str, name: str, value: str) -> bool:
        return (tag, name) == ("a", "href") and value.strip().lower().startswith(("https://", "http://"))

    return nh3.Cleaner(
        tags=nh3.ALLOWED_TAGS | {"style", "font", "section", "main", "tfoot"},
        clean_content_tags={"script", "title"},
        attributes=ATTRIBUTES,
        attribute_filter=only_what_is_safe,
        strip_comments=False,
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    )
