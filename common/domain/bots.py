"""Who followed an address in a mail: a reader, or a machine that looks at every mail before its reader does."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

HEAD = "HEAD"

SCANNERS = (
    "barracuda", "bitdefender", "bot/", "bot;", "cloudmark", "crawler", "curl/", "fireeye", "headlesschrome",
    "mimecast", "proofpoint", "safelinks", "scanner", "sophos", "spider", "symantec", "trendmicro", "wget/",
    "zscaler",
)  # fmt: skip
"""Words in the `User-Agent` of programs that fetch addresses by themselves. Proxies that fetch pictures when a
person opens a mail are not among them."""


class BotSign(StrEnum):
    """What gave a machine away."""

    HEAD = "head"
    """It asked by HEAD, as no browser does when a person clicks."""
    USER_AGENT = "user_agent"
    TOO_SOON = "too_soon"
    """Sooner after delivery than anybody reads."""
    SEVERAL_LINKS = "several_links"
    """Another link of the same mail was followed within a moment."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for an address in a mail, by machine time; without `link`, for the picture that tells of opens."""

    link: str | None
    at: datetime
    method: str = "GET"
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """`soon`: nobody reads a mail within this time; `together`: nobody follows two links within this. Nought
    switches a rule off."""

    soon: timedelta
    together: timedelta


def sign_of(visit: Visit, delivered: datetime | None, limits: Limits) -> BotSign | None:
    """What gives this visit away by itself. `delivered`: when the mail server took the mail, if that is known."""
    if visit.method == HEAD:
        return BotSign.HEAD
    agent = visit.user_agent.casefold()
    if any(word in agent for word in SCANNERS):
        return BotSign.USER_AGENT
    if delivered is not None and visit.at - delivered < limits.soon:
        return BotSign.TOO_SOON
    return None


def sign_among(visit: Visit, others: Iterable[Visit], limits: Limits) -> BotSign | None:
    """What gives it away beside the other visits of the same mail, those that came later included."""
    for other in others:
        different = None not in (visit.link, other.link) and other.link != visit.link
        if different and abs(other.at - visit.at) < limits.together:
            return BotSign.SEVERAL_LINKS
    return None
