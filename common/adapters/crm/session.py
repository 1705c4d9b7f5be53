"""Asking the reference CRM over REST (domain.md §13), with a bearer token that is renewed in time, or with a system
user's ticket."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import httpx

from common.adapters.http.exchange import Answer, Call, NoAnswer, NotReached, exchange

MARGIN_SECONDS = 60.0
"""A token is renewed so long before its end: a request may take a while."""

LARGEST_ANSWER = 8_000_000
FORM = "application/x-www-form-urlencoded"


class CrmAway(Exception):
    """It can't be asked now; it may be later."""


class CrmRefused(Exception):
    """It answered, and said no to this one question."""


@dataclass(frozen=True, slots=True)
class Account:
    """`url`: `https://{env}.superoffice.com/{tenant}/api/v1`; tokens come from `token_url` (OAuth 2.0, refresh)."""

    url: str
    token_url: str
    client_id: str
    client_secret: str
    refresh_token: str


@dataclass(frozen=True, slots=True)
class TicketAccount:
    """Of a system user: `ticket` answers the one that holds now, which somebody else renews; `app_token` is that of
    the app that is registered with the CRM."""

    url: str
    ticket: Callable[[], str]
    app_token: str


TICKET_SECONDS = 60.0
"""How long before the ticket is looked at again."""


class Session:
    """`timeout`: hard limit of one request, in seconds. One for each process; its requests share a token."""

    def __init__(
        self, account: Account | TicketAccount, *, timeout: float = 20, now: Callable[[], float] = monotonic
    ) -> None:
        self._account = account
        self._timeout = timeout
        self._now = now
        self._client = httpx.AsyncClient(trust_env=False)
        self._token = ""
        self._good_until = 0.0
        self._renewing = asyncio.Lock()

    async def read(self, address: str, **options: str) -> Any:
        """The JSON at this address (below the account's, or a whole one from an answer); `None` where there is none.

        Raises `CrmAway` and `CrmRefused`.
        """
        url = self.below(address) + (f"?{urlencode(options)}" if options else "")
        try:
            answer = await self.ask("GET", url)
        except (NotReached, NoAnswer) as error:
            raise CrmAway(str(error)) from error
        return read_answer(answer)

    async def ask(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request; once more with a fresh token where the CRM knows ours no longer (it has done nothing then).

        Raises `NotReached` and `NoAnswer`.
        """
        token = await self._bearer()
        answer = await self._send(method, url, body, token, headers or {})
        if answer.status != HTTPStatus.UNAUTHORIZED:
            return answer
        return await self._send(method, url, body, await self._bearer(instead_of=token), headers or {})

    async def close(self) -> None:
        await self._client.aclose()

    def below(self, address: str) -> str:
        """Whole addresses come from answers: the token goes nowhere else for it."""
        base = self._account.url.rstrip("/")
        if "://" not in address:
            return f"{base}/{address.lstrip('/')}"
        if not address.startswith(base + "/"):
            raise CrmRefused("the CRM names an address that is not its own")
        return address

    async def _send(self, method: str, url: str, body: Any, token: str, more: Mapping[str, str]) -> Answer:
        headers = {**self._signing(token), "Accept": "application/json", **more}
        content = b""
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        return await exchange(
            self._client, Call(method, url, headers, content, self._timeout, LARGEST_ANSWER)
        )

    def _signing(self, token: str) -> dict[str, str]:
        if isinstance(self._account, TicketAccount):
            return {"Authorization": f"SOTicket {token}", "SO-AppToken": self._account.app_token}
        return {"Authorization": f"Bearer {token}"}

    async def _bearer(self, instead_of: str | None = None) -> str:
        """A token that is still good, and another one than `instead_of`. Raises `NotReached`: the request itself has
        not left."""
        async with self._renewing:
            if self._token in ("", instead_of) or self._now() >= self._good_until:
                try:
                    await self._renew()
                except (NoAnswer, KeyError, OSError, TypeError, ValueError, CrmRefused, CrmAway) as error:
                    raise NotReached(f"no token: {error}") from error
            return self._token

    async def _renew(self) -> None:
        account = self._account
        if isinstance(account, TicketAccount):
            self._token, self._good_until = account.ticket(), self._now() + TICKET_SECONDS
            return
        form = {
            "grant_type": "refresh_token",
            "client_id": account.client_id,
            "client_secret": account.client_secret,
            "refresh_token": account.refresh_token,
        }
        call = Call(
            "POST", account.token_url, {"Content-Type": FORM}, urlencode(form).encode(), self._timeout
        )
        granted: Mapping[str, Any] = read_answer(await exchange(self._client, call)) or {}
        self._token = str(granted["access_token"])
        self._good_until = self._now() + float(granted.get("expires_in", 3600)) - MARGIN_SECONDS


def read_answer(answer: Answer) -> Any:
    """Raises `CrmAway` for what may be different later, `CrmRefused` for what won't; never shows what was asked."""
    status = answer.status
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.NO_CONTENT):
        return None
    if 200 <= status < 300:
        try:
            return json.loads(answer.body)
        except ValueError as error:
            raise CrmAway("the CRM's answer is no JSON") from error
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS) or status >= 500 or status < 400:
        raise CrmAway(f"the CRM answered {status}")
    raise CrmRefused(f"the CRM answered {status}")
