"""Signatures as Standard Webhooks (standardwebhooks.com) has them."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import SecretStr
from standardwebhooks import Webhook

PREFIX = "whsec_"


def headers_of(webhook_id: str, at: datetime, body: str, secret: SecretStr | None) -> dict[str, str]:
    """`webhook-id` is the same for each repeat, `at` (machine time, UTC) is now; signed if there is a secret."""
    told = {"webhook-id": webhook_id, "webhook-timestamp": str(int(at.timestamp()))}
    if secret is None:
        return told
    return told | {"webhook-signature": Webhook(secret.get_secret_value()).sign(webhook_id, at, body)}


class Secrets:
    """Which secret signs what goes to an address: the one for the longest beginning of it, else the general one."""

    def __init__(self, general: SecretStr | None, by_address: Mapping[str, SecretStr]) -> None:
        self._general = general
        self._by_address = sorted(by_address.items(), key=lambda each: -len(each[0]))

    def of(self, url: str) -> SecretStr | None:
        return next((secret for address, secret in self._by_address if covers(address, url)), self._general)


def covers(address: str, url: str) -> bool:
    """Whether the address is this one, or lies above it: `https://a.example` is not above `https://a.example.org`."""
    return url == address or url.startswith((address.rstrip("/") + "/", address.rstrip("/") + "?"))
