"""Signed tokens in the addresses that a mail carries. They hold ids, never a destination: nobody can make one
that leads elsewhere, and a changed destination works in mails long sent."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from itsdangerous import BadData, Signer, URLSafeSerializer
from itsdangerous.encoding import base64_encode


@dataclass(frozen=True, slots=True)
class LinkToken:
    """A tracked link in one mail: `link` is its name in the content that the effect sent."""

    effect: str
    link: str


@dataclass(frozen=True, slots=True)
class FormToken:
    """The hosted form, opened from one mail."""

    effect: str
    form: str


@dataclass(frozen=True, slots=True)
class UnsubscribeToken:
    """The wish to get no more of this, from one mail."""

    effect: str


@dataclass(frozen=True, slots=True)
class OpenToken:
    """The picture that tells of a mail's opening."""

    effect: str


@dataclass(frozen=True, slots=True)
class PreferenceToken:
    """The page on which the reader of a mail says what they want to get."""

    effect: str


@dataclass(frozen=True, slots=True)
class ConfirmToken:
    """The confirmation of one submission of a form."""

    submission: str


@dataclass(frozen=True, slots=True)
class BadToken:
    """Not one of ours, or mutilated on its way."""


Token = LinkToken | FormToken | UnsubscribeToken | OpenToken | PreferenceToken | ConfirmToken


SALT = "headrace.mail"


class Tokens:
    """Makes and reads them. Who has `secret` can make them; those made with the secret `before` are still read.

    Four go into a mail, so they are written as the serializer reads them, but with the key derived once and without
    the try at compressing, which gains nothing on ids: a fifth of its time.
    """

    def __init__(self, secret: str, before: str | None = None) -> None:
        self._serializer = URLSafeSerializer(
            [before, secret] if before else secret,
            salt=SALT,
            signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
        )
        key = Signer(secret, salt=SALT, key_derivation="hmac", digest_method=sha256).derive_key()
        self._signer = Signer(key, salt=SALT, key_derivation="none", digest_method=sha256)

    def link(self, effect: str, link: str) -> str:
        return self._write("l", effect, link)

    def form(self, effect: str, form: str) -> str:
        return self._write("f", effect, form)

    def unsubscribe(self, effect: str) -> str:
        return self._write("u", effect)

    def opened(self, effect: str) -> str:
        return self._write("o", effect)

    def preferences(self, effect: str) -> str:
        return self._write("p", effect)

    def confirm(self, submission: str) -> str:
        return self._write("c", submission)

    def _write(self, *parts: str) -> str:
        return self._signer.sign(base64_encode(json.dumps(parts, separators=(",", ":")))).decode()

    def read(self, token: str) -> Token | BadToken:
        try:
            parts: Any = self._serializer.loads(token)
        except BadData:
            return BadToken()
        match parts:
            case ["l", str(effect), str(link)]:
                return LinkToken(effect, link)
            case ["f", str(effect), str(form)]:
                return FormToken(effect, form)
            case ["u", str(effect)]:
                return UnsubscribeToken(effect)
            case ["o", str(effect)]:
                return OpenToken(effect)
            case ["p", str(effect)]:
                return PreferenceToken(effect)
            case ["c", str(submission)]:
                return ConfirmToken(submission)
            case _:
                return BadToken()


class PublicAddresses:
    """The addresses under `/r/` that a mail's reader follows. `base` is the public origin."""

    def __init__(self, base: str, tokens: Tokens) -> None:
        self._base = base.rstrip("/")
        self._tokens = tokens

    def link(self, effect: str, link: str) -> str:
        return f"{self._base}/r/l/{self._tokens.link(effect, link)}"

    def form(self, effect: str, form: str) -> str:
        return f"{self._base}/r/f/{self._tokens.form(effect, form)}"

    def unsubscribe(self, effect: str) -> str:
        return f"{self._base}/r/u/{self._tokens.unsubscribe(effect)}"

    def opened(self, effect: str) -> str:
        return f"{self._base}/r/o/{self._tokens.opened(effect)}"

    def preferences(self, effect: str) -> str:
        return f"{self._base}/r/p/{self._tokens.preferences(effect)}"

    def confirm(self, submission: str) -> str:
        return f"{self._base}/r/c/{self._tokens.confirm(submission)}"
