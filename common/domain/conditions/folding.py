"""Text as comparisons see it (domain.md §8)."""

import unicodedata


def fold(text: str) -> str:
    """The text without case and accents: NFKD without combining marks, casefolded.

    Folding twice changes nothing more. Vowel signs that are letters of their own (Devanagari) stay.
    """
    if text.isascii():
        return text.lower()
    bare = _without_marks(text).casefold()
    return _without_marks(bare).casefold()


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character))
