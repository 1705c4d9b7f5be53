"""Proofs that a form was shown by us."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.adapters.proofs import GOOD_FOR, Proofs


def test_a_proof_is_read_as_it_was_made_with_its_age():
    now = [1000.0]
    proofs = Proofs("secret", lambda: now[0])
    made = proofs.make("contact-me")
    now[0] += 5

    read = proofs.read("contact-me", made.token)

    assert read is not None
    assert (read.nonce, read.sum, read.age) == (made.nonce, made.sum, 5)
    assert all(1 <= number <= 9 for number in made.sum)


def test_one_of_another_form_another_secret_or_another_day_proves_nothing():
    now = [1000.0]
    proofs = Proofs("secret", lambda: now[0])
    token = proofs.make("contact-me").token

    assert proofs.read("other", token) is None
    assert Proofs("another", lambda: now[0]).read("contact-me", token) is None
    for forged in ("", "x", "é", token[:-2], token + "AAAA", token.swapcase()):
        assert proofs.read("contact-me", forged) is None
    now[0] += GOOD_FOR
    assert proofs.read("contact-me", token) is None


@pytest.mark.parametrize("at", ["9" * 400, "9" * 5000, "-1", "1e3", "٣", ""])
def test_a_token_with_any_time_in_it_is_none_of_ours(at: str) -> None:
    token = urlsafe_b64encode(f"nonce.{at}.signature".encode()).decode().rstrip("=")
    assert Proofs("a secret of the test's own").read("rsvp", token) is None


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: urlsafe_b64encode(raw).decode()))
def test_any_text_is_none_of_ours(token: str) -> None:
    assert Proofs("a secret of the test's own").read("rsvp", token) is None
