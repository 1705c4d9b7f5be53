from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from common.adapters.mail.tokens import (
    BadToken,
    FormToken,
    LinkToken,
    PublicAddresses,
    Tokens,
    UnsubscribeToken,
)

TOKENS = Tokens("a secret of the test's own")


def test_each_kind_of_token_reads_as_what_it_was_written_for() -> None:
    assert TOKENS.read(TOKENS.link("e1", "offer")) == LinkToken("e1", "offer")
    assert TOKENS.read(TOKENS.form("e1", "rsvp")) == FormToken("e1", "rsvp")
    assert TOKENS.read(TOKENS.unsubscribe("e1")) == UnsubscribeToken("e1")


@pytest.mark.parametrize("token", ["", "x", "WyJsIl0.x", "…", "a" * 5000])
def test_what_is_not_ours_is_bad(token: str) -> None:
    assert TOKENS.read(token) == BadToken()


def test_a_changed_token_is_bad() -> None:
    token = TOKENS.link("e1", "offer")
    changed = ("A" if token[0] != "A" else "B") + token[1:]
    assert TOKENS.read(changed) == BadToken()


def test_another_secret_makes_other_tokens() -> None:
    assert Tokens("another secret").read(TOKENS.unsubscribe("e1")) == BadToken()


def test_a_secret_is_changed_without_killing_the_addresses_in_old_mails() -> None:
    old = TOKENS.link("e1", "offer")
    changed = Tokens("another secret", before="a secret of the test's own")
    assert changed.read(old) == LinkToken("e1", "offer")
    fresh = changed.link("e1", "offer")
    assert Tokens("another secret").read(fresh) == LinkToken("e1", "offer")
    assert TOKENS.read(fresh) == BadToken()


@given(
    st.text(max_size=120)
    | st.lists(st.sampled_from([TOKENS.link("e1", "offer"), ".", "WyJsIiwiZTEiLCJ4Il0", "A"])).map("".join)
)
def test_nobody_without_the_secret_makes_one(token: str) -> None:
    if token != TOKENS.link("e1", "offer"):
        assert TOKENS.read(token) == BadToken()


@given(st.integers(0, 200), st.sampled_from("AZaz09-_."))
def test_a_token_changed_anywhere_is_bad(place: int, letter: str) -> None:
    token = TOKENS.link("an effect", "offer")
    place %= len(token) - 1  # the last letter holds bits that no one reads
    changed = token[:place] + letter + token[place + 1 :]
    assert TOKENS.read(changed) == (LinkToken("an effect", "offer") if changed == token else BadToken())


def test_addresses_carry_ids_and_never_a_destination() -> None:
    addresses = PublicAddresses("https://mail.example.org/", TOKENS)
    link = addresses.link("e1", "offer")
    assert link.startswith("https://mail.example.org/r/l/")
    assert TOKENS.read(link.rpartition("/")[2]) == LinkToken("e1", "offer")
    assert TOKENS.read(addresses.form("e1", "rsvp").rpartition("/")[2]) == FormToken("e1", "rsvp")
    assert TOKENS.read(addresses.unsubscribe("e1").rpartition("/")[2]) == UnsubscribeToken("e1")


def test_a_token_reads_that_the_serializer_wrote_by_itself() -> None:
    of_old = URLSafeSerializer(
        "a secret of the test's own",
        salt="headrace.mail",
        signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
    )
    assert TOKENS.read(of_old.dumps(["l", "e" * 32, "offer"])) == LinkToken("e" * 32, "offer")
    assert of_old.loads(TOKENS.link("e1", "offer")) == ["l", "e1", "offer"]
