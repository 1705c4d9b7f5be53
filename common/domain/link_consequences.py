"""What following a tracked link does: events about its contact in their order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.domain.content import TrackedLink
from common.domain.content_action import patch_of, raised_by, wanted_by
from common.domain.event import ACT_WANTED, CONTACT_UPDATED
from common.domain.ids import digest


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """`id` follows from the click and the event's number."""

    id: str
    type: str
    data: Mapping[str, Any]


def events(link: TrackedLink, contact: str, click: str, about: Mapping[str, Any]) -> Sequence[LinkEvent]:
    """All but the click's own, which comes behind them: whatever hears of it sees what it did. `about`: the data of
    the click, which names content and link."""
    told = [LinkEvent(digest(click, str(n)), *each) for n, each in enumerate(_told(link, about))]
    return [*told, *_wanted(link, contact, click, about)]


def _wanted(link: TrackedLink, contact: str, click: str, about: Mapping[str, Any]) -> Iterator[LinkEvent]:
    """What is wanted only once for each contact has an id that knows no click."""
    for number, want in enumerate(wanted_by(link.actions)):
        each_time = digest("wanted", click, str(number))
        once = digest("wanted once", contact, about["content"], about["link"], str(number))
        yield LinkEvent(each_time if want.each_time else once, ACT_WANTED, {**about, **want.data()})


def _told(link: TrackedLink, about: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if patch := patch_of(link.actions):
        yield CONTACT_UPDATED, patch
    for raised in raised_by(link.actions):
        yield raised.type, {**about, **raised.data}
