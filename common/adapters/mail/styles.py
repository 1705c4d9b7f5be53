"""An author's CSS: what would load other style sheets or run something is left out, whatever way it is spelled."""

import re

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
REFUSED = re.compile(
    r"""@import | expression\s*\( | (?<![\w-])behaviou?r\s*: | -moz-binding | (?:java|vb)script: | </? |
        url\(\s*(?!["']?\s*(?:https?://|cid:|data:image/(?:png|jpe?g|gif|webp)[;,]))""",
    re.VERBOSE,
)
"""Everything that has ever run code from CSS, sheets from elsewhere, and addresses that are none of a picture."""


def is_harmless(css: str) -> bool:
    """Whether a whole sheet, or the style of one element, may go out as it is."""
    if css.rfind("/*") > css.rfind("*/"):
        return False
    read = ESCAPE.sub(unescaped, COMMENT.sub("", css)).lower()
    return REFUSED.search(read) is None


def unescaped(found: re.Match[str]) -> str:
    """What a browser reads."""
    if found[1] is None:
        return found[2]
    number = int(found[1], 16)
    return chr(number) if 0 < number < 0x110000 else "\ufffd"
