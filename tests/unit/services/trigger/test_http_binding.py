"""Attributes survive the way through HTTP headers, however they were written."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trigger.cloud_events import Unreadable
from services.trigger.http_binding import attributes_of

TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1)


@given(TEXT)
def test_any_text_comes_back_from_its_percent_encoding(text: str) -> None:
    assert attributes_of([("ce-subject", quote(text, safe="/:"))]) == {"subject": text}


@given(TEXT)
def test_needless_encoding_is_taken(text: str) -> None:
    encoded = "".join(f"%{byte:02x}" for byte in text.encode())

    assert attributes_of([("CE-Subject", encoded)]) == {"subject": text}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ('"two words"', "two words"),
        (r'"say \"hello\" \\ "', 'say "hello" \\ '),
        ("plain", "plain"),
        ("100%25", "100%"),
        ("grün".encode().decode("latin-1"), "grün"),
    ],
)
def test_values_are_decoded_once(value: str, text: str) -> None:
    assert attributes_of([("ce-x", value)]) == {"x": text}


@pytest.mark.parametrize("value", ["%C0%A0", "%FF", "caf\xe9", "%ED%A0%80"])
def test_what_is_no_utf8_is_refused_by_its_header(value: str) -> None:
    with pytest.raises(Unreadable, match="ce-source"):
        attributes_of([("ce-source", value)])


def test_other_headers_are_no_attributes() -> None:
    assert attributes_of([("content-type", "a/b"), ("x-ce-id", "1"), ("ce-id", "2")]) == {"id": "2"}


def test_an_attribute_that_comes_twice_is_refused() -> None:
    with pytest.raises(Unreadable, match="twice"):
        attributes_of([("ce-id", "1"), ("Ce-Id", "2")])
