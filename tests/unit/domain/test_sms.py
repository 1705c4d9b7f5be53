import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from common.domain.sms import BASIC, EXTENSION, PART, WHOLE, Alphabet, Segments, SmsSettings, segments

PLAIN = st.text(st.sampled_from(sorted(BASIC)), max_size=700)
ANY = st.text(max_size=700)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments(Alphabet.GSM_7, 0, 1)),
        ("a" * 160, Segments(Alphabet.GSM_7, 160, 1)),
        ("a" * 161, Segments(Alphabet.GSM_7, 161, 2)),
        ("a" * 306, Segments(Alphabet.GSM_7, 306, 2)),
        ("a" * 307, Segments(Alphabet.GSM_7, 307, 3)),
        ("€" * 80, Segments(Alphabet.GSM_7, 160, 1)),
        ("€" * 81, Segments(Alphabet.GSM_7, 162, 2)),
        ("ж" * 70, Segments(Alphabet.UCS_2, 70, 1)),
        ("ж" * 71, Segments(Alphabet.UCS_2, 71, 2)),
        ("ж" * 135, Segments(Alphabet.UCS_2, 135, 3)),
        ("a" * 71 + "`", Segments(Alphabet.UCS_2, 72, 2)),
        ("😀" * 35, Segments(Alphabet.UCS_2, 70, 1)),
    ],
)
def test_parts_are_counted_as_networks_count_them(text: str, expected: Segments) -> None:
    assert segments(text) == expected


def test_no_character_is_cut_in_two() -> None:
    """153 septets leave half a place for the 77th euro sign, and 67 units for the 34th emoji."""
    assert segments("€" * 152).count == 2
    assert segments("€" * 153).count == 3
    assert segments("😀" * 66).count == 2
    assert segments("😀" * 67).count == 3


@given(ANY)
def test_parts_hold_the_text_and_no_more_than_needed(text: str) -> None:
    found = segments(text)
    if found.units <= WHOLE[found.alphabet]:
        assert found.count == 1
    else:
        size = PART[found.alphabet]
        # All but the last are full, save one place at most.
        assert -(-found.units // size) <= found.count <= -(-found.units // (size - 1))


@given(PLAIN)
def test_each_basic_character_is_one_septet(text: str) -> None:
    assert segments(text).units == len(text)


@given(ANY)
def test_one_character_beyond_gsm_7_turns_the_whole_text(text: str) -> None:
    found = segments(text)
    assert (found.alphabet is Alphabet.GSM_7) == all(each in BASIC | EXTENSION for each in text)
    if found.alphabet is Alphabet.UCS_2:
        assert found.units == len(text.encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.parametrize(
    "sender", ["+4915112345678", "12345", "Headrace", "Ada & Co", "12", "A" * 12, "+0123456"]
)
def test_a_sender_is_a_number_a_short_code_or_a_short_name(sender: str) -> None:
    if sender in ("+4915112345678", "12345", "Headrace"):
        assert SmsSettings(sender=sender).sender == sender
    else:
        with pytest.raises(ValidationError):
            SmsSettings(sender=sender)
