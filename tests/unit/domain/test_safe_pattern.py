import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from common.domain.safe_pattern import SafePattern, check_pattern

PATTERN = TypeAdapter(SafePattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\+49",
        r"\s+",
        r"(\d+)-(\d+)",
        r"[a-z0-9_]+@",
        r"cat|dog",
        r"a{3}b{1,2}?",
        r"\bMr\.",
        r"(?:Dr) [^ ]*",
        "ä",
    ],
)
def test_these_are_taken(pattern: str) -> None:
    assert PATTERN.validate_python(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(a+)+b", "single character"),
        ("(a|a)*b", "group"),
        ("(a|b)c", "group"),
        ("a*a*a*b", "at most 2"),
        ("a?a?a?aaa", "at most 2"),
        ("a*a*b|a*c", "at most 2"),
        (r"(a)\1", "not taken"),
        ("(?=a)b", "not taken"),
        ("(?i)a", "not taken"),
        ("a**", "single character"),
        ("a*+", "single character"),
        ("[a", "not taken"),
        ("(a", "no regular expression"),
        ("a)", "no regular expression"),
        ("[z-a]", "no regular expression"),
        ("a" * 201, "200"),
    ],
)
def test_these_are_not(pattern: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        PATTERN.validate_python(pattern)


@given(st.text(alphabet="ab.*+?(){}[]|\\d1,^$", min_size=1, max_size=14))
@settings(deadline=None, max_examples=300)
def test_whatever_is_taken_is_done_soon(pattern: str) -> None:
    try:
        check_pattern(pattern)
    except ValueError:
        return
    begun = time.process_time()
    re.sub(pattern, "", "a" * 399 + "!")
    assert time.process_time() - begun < 2
