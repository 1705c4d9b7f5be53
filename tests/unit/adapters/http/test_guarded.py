"""Which addresses may be called; that the connection goes there is shown on a real server in tests/contract."""

from ipaddress import ip_address

import pytest

from common.adapters.http.guarded import is_public

REFUSED = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::1", "::", "::7f00:1", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::1",
    "2001:0:7f00:1::1", "2001:db8::1", "64:ff9b:1::a00:1", "::ffff:0:7f00:1", "::ffff:100.64.0.1", "fe80::1%1",
    "100.127.255.255", "192.0.0.9", "192.88.99.1", "100::1", "3fff::1", "5f00::1", "2002:a9fe:a9fe::1",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_what_is_public_may_be_called(address):
    assert is_public(ip_address(address))
