import pytest

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


def test_addresses_carry_ids_and_never_a_destination() -> None:
    addresses = PublicAddresses("https://mail.example.org/", TOKENS)
    link = addresses.link("e1", "offer")
    assert link.startswith("https://mail.example.org/r/l/")
    assert TOKENS.read(link.rpartition("/")[2]) == LinkToken("e1", "offer")
    assert TOKENS.read(addresses.form("e1", "rsvp").rpartition("/")[2]) == FormToken("e1", "rsvp")
    assert TOKENS.read(addresses.unsubscribe("e1").rpartition("/")[2]) == UnsubscribeToken("e1")
