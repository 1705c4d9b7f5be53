import pytest
from pydantic import ValidationError

from common.domain.sender_domains import ANY_DOMAIN, Approved, SenderDomains


def approved(*domains: str) -> Approved:
    return Approved.of(SenderDomains(domains=list(domains)).domains)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("news@example.org", True),
        ("news@EXAMPLE.org", True),
        ("news@mail.example.org", False),
        ("news@notexample.org", False),
        ("example.org@evil.example.com", False),
        ("nachricht@m\u00fchle.example", True),
        ("nachricht@xn--mhle-0ra.example", True),
        ("nobody@" + "x" * 70 + ".example", False),
    ],
)
def test_exactly_the_listed_domains_are_allowed_however_they_are_written(address: str, allowed: bool) -> None:
    assert approved("Example.ORG", "m\u00fchle.example").allows(address) is allowed


def test_without_a_list_any_domain_is() -> None:
    assert ANY_DOMAIN.allows("news@example.org")
    assert approved().allows("news@anywhere.example")


@pytest.mark.parametrize(
    "domain", ["", "localhost", "a@example.org", "https://example.org", "exa mple.org", "x" * 64 + ".org"]
)
def test_what_is_no_domain_is_refused(domain: str) -> None:
    with pytest.raises(ValidationError):
        SenderDomains(domains=[domain])


def test_the_complaint_says_what_may_be_used() -> None:
    assert "use one of a.example, b.example" in approved("b.example", "a.example").complaint("news@c.example")
