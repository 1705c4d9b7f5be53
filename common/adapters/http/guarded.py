"""HTTP to addresses that others choose: only to public ones, or to those that the installation allows.

A name is resolved once, every address that it has is asked, and the connection goes to the very address that was
asked: a name that means something else a moment later gains nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

MOST_ADDRESSES = 3
"""Of one name, so many are tried."""

TRANSLATED = tuple(
    map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0:0/96"))
)
"""They stand for IPv4 addresses, which may be anything (NAT64, 6to4, Teredo, IPv4-compatible, IPv4-translated)."""
NOBODY_S: tuple[Network, ...] = (
    *map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")),
    *map(IPv6Network, ("100::/64", "3fff::/20", "5f00::/16")),
)
"""Set aside for protocols and examples, which not every version of Python knows."""


class AddressRefused(Exception):
    """The name leads where nothing may be sent; nothing was."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says; raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def is_public(address: Address) -> bool:
    """Whether it may be somebody else's: not private, loopback, link-local, shared, reserved or a group."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.is_site_local or any(address in network for network in TRANSLATED):
            return False
    if any(address in network for network in NOBODY_S):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class GuardedTransport(httpx.AsyncBaseTransport):
    """Raises `AddressRefused` before anything leaves. Certificates are those of the name, as ever.

    Connections are not kept: one to an address says nothing about the next name that leads there.
    """

    def __init__(
        self, allowed: Collection[Network], *, connections: int, resolver: Resolver = resolve
    ) -> None:
        self._allowed = tuple(allowed)
        self._resolver = resolver
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=0)
        self._inner = httpx.AsyncHTTPTransport(limits=limits, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        addresses = await self._addresses(request.url)
        for address in addresses[:-1]:
            try:
                return await self._inner.handle_async_request(to_address(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(to_address(request, addresses[-1]))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _addresses(self, url: httpx.URL) -> Sequence[str]:
        host = url.host
        found = await self._resolver(host, url.port or (443 if url.scheme == "https" else 80))
        if not found:
            raise OSError(f"{host} has no address")
        for each in found:
            if not self._may_be_reached(ip_address(each)):
                raise AddressRefused(f"{host} leads to {each}, which is not a public address")
        return found[:MOST_ADDRESSES]

    def _may_be_reached(self, address: Address) -> bool:
        asked = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
        return is_public(address) or any(asked in network for network in self._allowed)


def to_address(request: httpx.Request, address: str) -> httpx.Request:
    """The same request, to this very address: the headers and the certificate's name stay."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions=request.extensions | {"sni_hostname": request.url.host},
    )
