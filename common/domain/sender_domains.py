"""The domains from which mail may be sent (domain.md §3): the installation's list."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from common.domain.instant import Instant
from common.domain.model import Model

MOST_DOMAINS = 200


def as_sent(domain: str) -> str:
    """The domain as it stands in DNS: small letters, in ASCII. Raises `ValueError` for what can be none."""
    try:
        return domain.strip().lower().encode("idna").decode()
    except UnicodeError as error:
        raise ValueError(f"{domain!r} is no domain") from error


Domain = Annotated[
    str,
    StringConstraints(min_length=3, max_length=253, pattern=r"^[^\s@/:]+\.[^\s@/:]+$"),
    AfterValidator(as_sent),
]


class SenderDomains(Model):
    """All domains that are approved; none at all: any domain may be used."""

    domains: list[Domain] = Field(default_factory=list, max_length=MOST_DOMAINS)


class StoredSenderDomains(SenderDomains):
    """`revision` is the ETag, 0 as long as nobody has set any."""

    v: int = 1
    revision: int = 0
    updated_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Approved:
    """The same, to be asked."""

    domains: frozenset[str] = frozenset()

    @classmethod
    def of(cls, domains: Iterable[str]) -> "Approved":
        return cls(frozenset(domains))

    def allows(self, address: str) -> bool:
        """Exactly these domains: one below another is another."""
        if not self.domains:
            return True
        try:
            return as_sent(address.rpartition("@")[2]) in self.domains
        except ValueError:
            return False

    def complaint(self, address: str) -> str:
        """What to do about an address that is not allowed."""
        return f"{address!r} is on no approved sender domain; use one of {', '.join(sorted(self.domains))}"


ANY_DOMAIN = Approved()
