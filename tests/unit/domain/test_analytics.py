"""What is added to addresses for web analytics, and what is left as it is."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.analytics import Analytics, tagged

SPRING = Analytics(source="news letter", campaign="spring & more")
ADDED = "utm_source=news+letter&utm_medium=email&utm_campaign=spring+%26+more"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://example.org", f"https://example.org?{ADDED}"),
        ("https://example.org/a?", f"https://example.org/a?{ADDED}"),
        ("https://example.org/a?b=1&c", f"https://example.org/a?b=1&c&{ADDED}"),
        ("https://example.org/a?b=1&", f"https://example.org/a?b=1&{ADDED}"),
        ("https://example.org/a?b=%7E#part?x", f"https://example.org/a?b=%7E&{ADDED}#part?x"),
        ("https://example.org/#top", f"https://example.org/?{ADDED}#top"),
    ],
)
def test_it_goes_behind_the_query_and_before_the_fragment(address: str, expected: str):
    assert tagged(address, SPRING) == expected


def test_what_the_author_has_set_already_stays():
    address = "https://example.org/?utm_source=own&utm_medium=qr"

    assert tagged(address, SPRING) == f"{address}&utm_campaign=spring+%26+more"


def test_no_campaign_is_not_told():
    assert tagged("https://example.org/", Analytics(source="news")) == (
        "https://example.org/?utm_source=news&utm_medium=email"
    )


def test_without_analytics_an_address_stays_as_it_is():
    assert tagged("https://example.org/?#", None) == "https://example.org/?#"


QUERIES = st.lists(st.tuples(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.text("az&=#?%", max_size=4)))


@given(QUERIES, st.from_regex(r"[a-z?=&/]{0,6}", fullmatch=True))
def test_whatever_an_address_asks_for_is_asked_for_still(query: list[tuple[str, str]], fragment: str):
    address = f"https://example.org/x?{urlencode(query)}" + (f"#{fragment}" if fragment else "")
    parts = urlsplit(tagged(address, SPRING))

    assert parts.fragment == fragment
    assert parse_qsl(parts.query, keep_blank_values=True) == [*query, *SPRING.parameters()]
    assert tagged(parts.geturl(), SPRING) == parts.geturl()
