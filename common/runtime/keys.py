"""API keys at the door: who asks, and whether that key may do this (domain.md §10)."""

import secrets
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import (
    APIKeyHeader,
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
)

from common.domain.access import ApiKey, Scope
from common.ports import Keys
from common.runtime.problems import Forbidden, TooMany, Unauthorized
from common.runtime.rate_limit import RateLimit
from common.runtime.secret_file import keep
from common.runtime.sight import for_machines, named_flows, sight_of

PREFIX = "hr_"
REMEMBERED_SECONDS = 5.0
"""How long a key that was taken away may still be good in a process that knew it."""
REMEMBERED_KEYS = 1000

bearer = HTTPBearer(auto_error=False, description="An API key, as `Authorization: Bearer hr_…`.")
basic = HTTPBasic(
    auto_error=False, description="An API key as the password; the user's name does not matter."
)
header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key, as `X-API-Key: hr_…`.")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the only moment at which `secret` is known."""

    key: ApiKey
    secret: str


def new_secret() -> str:
    """32 random bytes, told from other secrets by the prefix."""
    return PREFIX + secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """What is stored of a key. A plain hash suffices: there is nothing to guess in 256 random bits."""
    return sha256(secret.encode()).hexdigest()


def make_key(
    name: str,
    scopes: Iterable[Scope],
    *,
    by: str = "",
    secret: str | None = None,
    user: str | None = None,
) -> NewKey:
    """A key with a fresh id, created now (machine time)."""
    secret = secret or new_secret()
    key = ApiKey(
        id=secrets.token_hex(8),
        name=name,
        scopes=frozenset(scopes),
        sha256=fingerprint(secret),
        created_at=datetime.now(UTC),
        created_by=by,
        user=user,
    )
    return NewKey(key, secret)


async def first_key(keys: Keys, file: Path) -> None:
    """See to it that somebody can get in: an installation without any key gets the one in `file`, with all
    scopes; the file is made if need be."""
    if not await keys.all():
        secret = keep(file, new_secret)
        await keys.add(make_key("first key", Scope, by="installation", secret=secret).key)


def need(key: ApiKey, scope: Scope) -> None:
    """Raises `Forbidden` for a key without this scope."""
    if scope not in key.scopes:
        has = ", ".join(sorted(key.scopes)) or "none"
        raise Forbidden(f"this needs the scope {scope}; the key has {has}", scope=scope.value)


class KeyRing:
    """Looks keys up, remembers good ones for a moment, and bounds how often they come: `asked` times a minute each,
    `refused` times for keys that are unknown, from one address on the network. One for each process."""

    def __init__(self, keys: Keys, *, asked: int = 120_000, refused: int = 300) -> None:
        self._keys = keys
        self._known: dict[str, tuple[ApiKey, float]] = {}
        self._asked = RateLimit(asked)
        self._refused = RateLimit(refused)

    async def admit(self, secret: str | None, scopes: Collection[Scope], client: str = "") -> ApiKey:
        """The key, if one of the scopes is among its own; raises `Unauthorized`, `Forbidden` or `TooMany`.
        `client`: the address on the network."""
        if not secret:
            raise Unauthorized("send an API key as `Authorization: Bearer …` or in `X-API-Key`")
        key = await self._find(fingerprint(secret))
        if key is None:
            if seconds := self._refused.wait(client):
                raise TooMany("too many unknown keys from this address", retry_after=int(seconds) + 1)
            raise Unauthorized("this key is not known here")
        if seconds := self._asked.wait(key.id):
            raise TooMany("too many requests with this key", retry_after=int(seconds) + 1)
        if key.scopes.isdisjoint(scopes):
            has, needs = ", ".join(sorted(key.scopes)) or "none", " or ".join(sorted(scopes))
            raise Forbidden(f"this needs the scope {needs}; the key has {has}", scope=needs)
        return key

    async def _find(self, sha256: str) -> ApiKey | None:
        known = self._known.get(sha256)
        if known is not None and known[1] > monotonic():
            return known[0]
        self._known.pop(sha256, None)
        key = await self._keys.find(sha256)
        if key is not None:
            self._remember(sha256, key)
        return key

    def _remember(self, sha256: str, key: ApiKey) -> None:
        if len(self._known) >= REMEMBERED_KEYS:
            del self._known[next(iter(self._known))]
        self._known[sha256] = (key, monotonic() + REMEMBERED_SECONDS)


def require(*scopes: Scope, machines: bool = False) -> Callable[..., Awaitable[ApiKey]]:
    """A FastAPI dependency that lets in keys of one of these scopes and answers the key; `machines`: only such as
    stand for no person.

    With a person's key the flows that path or query name must be visible to that person. The application keeps its
    `KeyRing` in `app.state.keys`.
    """

    async def let_in(
        request: Request,
        token: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
        key: Annotated[str | None, Security(header)],
    ) -> ApiKey:
        admitted = await ring_of(request).admit(
            token.credentials if token else key, scopes, client_of(request)
        )
        if admitted.user is not None:
            if machines:
                for_machines(admitted)
            await sight_of(request).check(admitted, *named_flows(request))
        return admitted

    return let_in


def require_in_tables(*scopes: Scope) -> Callable[..., Awaitable[ApiKey]]:
    """Like `require`, for all of these scopes, for machines alone (tables tell of every flow), and by HTTP
    Basic too: spreadsheets and BI tools know nothing else."""

    async def let_in(
        request: Request,
        user: Annotated[HTTPBasicCredentials | None, Security(basic)],
        token: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
        key: Annotated[str | None, Security(header)],
    ) -> ApiKey:
        secret = user.password if user else token.credentials if token else key
        admitted = await ring_of(request).admit(secret, scopes[:1], client_of(request))
        for scope in scopes[1:]:
            need(admitted, scope)
        for_machines(admitted)
        return admitted

    return let_in


def client_of(request: Request) -> str:
    return request.client.host if request.client else ""


def ring_of(request: Request) -> KeyRing:
    ring = request.app.state.keys
    assert isinstance(ring, KeyRing)
    return ring
