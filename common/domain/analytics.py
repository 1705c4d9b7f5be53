"""What web analytics is told of where a visitor came from: parameters of an address, named as is usual."""

from collections.abc import Iterator
from urllib.parse import quote_plus

from pydantic import Field

from common.domain.model import Model

MEDIUM = "email"


class Analytics(Model):
    """Added to the links of a flow's mails as `utm_source`, `utm_campaign` and, always `email`, `utm_medium`."""

    source: str = Field(default="", max_length=200)
    campaign: str = Field(default="", max_length=200)

    def parameters(self) -> Iterator[tuple[str, str]]:
        yield "utm_source", self.source
        yield "utm_medium", MEDIUM
        if self.campaign:
            yield "utm_campaign", self.campaign


def tagged(address: str, analytics: Analytics | None) -> str:
    """The address with what is not in its query already; all else in it stays as it was written."""
    if analytics is None:
        return address
    before, mark, fragment = address.partition("#")
    page, _, query = before.partition("?")
    there = {part.partition("=")[0] for part in query.split("&")}
    more = [f"{name}={quote_plus(value)}" for name, value in analytics.parameters() if name not in there]
    asked = "&".join([*([query.removesuffix("&")] if query else []), *more])
    return f"{page}?{asked}{mark}{fragment}"
