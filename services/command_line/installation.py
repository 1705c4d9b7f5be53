"""Speaking to a running installation: where it is, the key, its refusals."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from common.runtime.settings import PREFIX, Settings, default_data_dir
from services.command_line.failures import CommandFailed, Refused, Unreachable

DEFAULT_URL = "http://localhost:8080"
PATIENCE = 60.0
"""Seconds an answer may take."""

LOOK_PATIENCE = 3.0
"""Seconds that whoever has the port gets to say who it is."""

CHECKOUT_DATA = Path(".headrace")
"""Where `make run` keeps its data, seen from the checkout."""


class Installation:
    """One installation, as a client with one key sees it."""

    def __init__(self, url: str, key: str | None) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            self._http = httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE, trust_env=False)
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise CommandFailed(f"neither a usable address nor key: {error}") from None

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer, whatever it says; raises `Unreachable`."""
        try:
            return self._http.request(method, path, **request)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(self.url, error) from error

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """An answer that says yes; raises `Unreachable` or `Refused`."""
        answer = self.send(method, path, **request)
        if not answer.is_success:
            raise Refused(answer)
        return answer

    @contextmanager
    def stream(self, path: str, parameters: Mapping[str, str]) -> Iterator[httpx.Response]:
        """An answer that says yes, its body still to be read. Raises like `ask`, also while it is read."""
        try:
            with self._http.stream("GET", path, params=parameters) as answer:
                if not answer.is_success:
                    answer.read()
                    raise Refused(answer)
                yield answer
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(self.url, error) from error

    def read(self, path: str, **parameters: Any) -> Any:
        """The JSON at this path; parameters that are `None` are left out."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return self.ask("GET", path, params=given).json()

    def lines(self, method: str, path: str, **request: Any) -> Iterator[str]:
        """The lines of an answer as they come, each within the usual patience. Raises like `ask`."""
        try:
            with self._http.stream(method, path, **request) as answer:
                if not answer.is_success:
                    answer.read()
                    raise Refused(answer)
                yield from answer.iter_lines()
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(self.url, error) from error

    def pages(self, path: str, rows: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """All rows of a list that comes in pages."""
        after = None
        while True:
            page = self.read(path, after=after, **parameters)
            yield from page[rows]
            after = page.get("next")
            if after is None:
                return

    def save(self, path: str, body: Any) -> httpx.Response:
        """Create what is at this path, or write over it as it stands now. Raises like `ask`."""
        known = self.send("GET", path)
        if known.status_code == httpx.codes.NOT_FOUND:
            return self.ask("PUT", path, json=body, headers={"If-None-Match": "*"})
        if not known.is_success:
            raise Refused(known)
        return self.ask("PUT", path, json=body, headers={"If-Match": known.headers.get("ETag", "*")})


def find_key(url: str, given: str | None) -> str | None:
    """The key to use: the given one, else, for an installation on this machine, that in its data folder. Where the
    demo and another have left one each, it is the one that is known there."""
    if given:
        return given
    if not is_local(url):
        return None
    kept = list(kept_keys())
    return next((key for key in kept if len(kept) == 1 or knows(url, key)), None)


def kept_keys() -> Iterator[str]:
    """The keys that installations on this machine have left in their data folders."""
    for folder in data_folders():
        with suppress(OSError):
            yield (folder / "key").read_text().strip()


def knows(url: str, key: str) -> bool:
    """Whether an installation is there that takes this key."""
    try:
        return Installation(url, key).send("GET", "/v1/clock").status_code != httpx.codes.UNAUTHORIZED
    except CommandFailed:
        return False


def is_local(url: str) -> bool:
    """Whether the address is this machine's: a key found in a file goes nowhere else."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def data_folders() -> list[Path]:
    """Where an installation on this machine keeps its key; the named folder alone, if one is named."""
    named = os.environ.get(f"{PREFIX}DATA_DIR")
    return [Path(named)] if named else [CHECKOUT_DATA, default_data_dir()]


def is_headrace(settings: Settings) -> bool:
    """Whether what answers at the address of these settings is a Headrace."""
    with suppress(httpx.HTTPError, ValueError):
        answer = httpx.get(f"{address_of(settings)}/v1/schema/flow", timeout=LOOK_PATIENCE, trust_env=False)
        return bool(answer.json().get("$id", "").startswith("urn:headrace:"))
    return False


def address_of(settings: Settings) -> str:
    """Where an installation with these settings is reached from its own machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - recognised, not bound
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
