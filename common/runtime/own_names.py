"""By which names browsers may come to an installation that is for trying out.

Its pages ask for no key, since they are on the own machine. A web page elsewhere can have a name of its own lead here
(DNS rebinding), and would then be taken for one of ours by the browser; the name in `Host` tells.
"""

import re
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from common.runtime.problems import Problem

ELSEWHERE = ("/v1/", "/odata", "/r/")
"""What lies below asks for a key, or is for everybody who has an address from a mail or a form."""
CRM_WEBHOOK = "/v1/events/crm"
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:@/\\]+?)\.?(?::\d*)?", re.IGNORECASE)


class OtherName(Problem):
    """Browsers are told the same as by servers that are not responsible for a name (RFC 9110, section 15.5.20)."""

    status, slug, title = HTTPStatus.MISDIRECTED_REQUEST, "other-name", "Not known by this name"

    def __init__(self) -> None:
        super().__init__(
            "without a key this is answered at localhost and at the host of HEADRACE_PUBLIC_URL only: "
            "open it there, or set that variable to the address that you use"
        )


class OwnNames:
    """ASGI middleware: refuses what asks for no key under a name that is neither this machine's nor that of
    `public_url`. `unsigned`: events of the CRM are taken from anybody, too."""

    def __init__(self, app: ASGIApp, public_url: str, *, unsigned: bool = False) -> None:
        self._app = app
        self._names = {"localhost", as_sent(urlsplit(public_url).hostname or "localhost")}
        self._unsigned = unsigned

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._open(scope["path"]) or self._own(scope):
            await self._app(scope, receive, send)
        else:
            await OtherName().response()(scope, receive, send)

    def _open(self, path: str) -> bool:
        return (self._unsigned and path == CRM_WEBHOOK) or not path.startswith(ELSEWHERE)

    def _own(self, scope: Scope) -> bool:
        """Whether every `Host` is one of ours. Browsers always send one; who sends none is no browser."""
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        return all(self._is_own(host, scope.get("server")) for host in hosts)

    def _is_own(self, host: str, server: tuple[str, int | None] | None) -> bool:
        found = HOST.fullmatch(host)
        name = found[1].strip("[]").lower() if found else ""
        return name in self._names or is_here(name, server[0] if server else "")


def as_sent(name: str) -> str:
    """A name as browsers send it: its letters beyond ASCII in Punycode."""
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name


def is_here(name: str, server: str) -> bool:
    """An address in numbers that is this machine's own, or the very one that was connected to. No name is needed for
    it, so that none can be made to lead here."""
    try:
        address = ip_address(name)
        return address.is_loopback or address == ip_address(server)
    except ValueError:
        return False
