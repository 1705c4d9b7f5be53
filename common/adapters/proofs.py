"""Proofs that a form was shown by us, when, and what its sum is. Nothing is kept here: all of it is in the token,
or follows from the token and the secret."""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from time import time

GOOD_FOR = 24 * 3600
"""Seconds for which a page that was shown may be sent."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One showing of a form. `age`: seconds since; `sum`: the two numbers to be added."""

    token: str
    nonce: str
    age: float
    sum: tuple[int, int]


class Proofs:
    """`clock`: machine time in seconds."""

    def __init__(self, secret: str, clock: Callable[[], float] = time) -> None:
        self._key = secret.encode()
        self._clock = clock

    def make(self, form: str) -> Proof:
        return self._signed(form, secrets.token_hex(12), int(self._clock()))

    def read(self, form: str, token: str) -> Proof | None:
        """`None` for what we never gave out for this form, or too long ago."""
        try:
            nonce, at, _ = urlsafe_b64decode(token.encode() + b"==").decode().split(".")
            proof = self._signed(form, nonce, int(at))
        except (ValueError, Error, OverflowError):
            return None
        ours = hmac.compare_digest(proof.token.encode(), token.encode())
        return proof if ours and 0 <= proof.age < GOOD_FOR else None

    def _signed(self, form: str, nonce: str, at: int) -> Proof:
        signature = self._mac("signature", form, nonce, str(at)).hex()
        token = urlsafe_b64encode(f"{nonce}.{at}.{signature}".encode()).decode().rstrip("=")
        numbers = self._mac("sum", form, nonce, str(at))
        return Proof(token, nonce, self._clock() - at, (numbers[0] % 9 + 1, numbers[1] % 9 + 1))

    def _mac(self, *parts: str) -> bytes:
        return hmac.new(self._key, "\x00".join(("headrace.form", *parts)).encode(), sha256).digest()
