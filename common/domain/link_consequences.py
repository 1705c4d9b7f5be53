"""What following a tracked link does: events about its contact in their order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.domain.content import TrackedLink
from common.domain.content_action import patch_of, raised_by
from common.domain.event import CONTACT_UPDATED
from common.domain.ids import digest


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """`id` follows from the click and the event's number."""

    id: str
    type: str
    data: Mapping[str, Any]


def events(link: TrackedLink, click: str, about: Mapping[str, Any]) -> Sequence[LinkEvent]:
    """All but the click's own, which comes behind them: whatever hears of it sees what it did. `about`: the data of
    the click."""
    return [LinkEvent(digest(click, str(n)), *told) for n, told in enumerate(_told(link, about))]


def _told(link: TrackedLink, about: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if patch := patch_of(link.actions):
        yield CONTACT_UPDATED, patch
    for raised in raised_by(link.actions):
        yield raised.type, {**about, **raised.data}
