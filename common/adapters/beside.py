"""What merge tags stand for beside the contact itself, asked for when a message is made."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from common.adapters.colleagues import Colleagues
from common.adapters.joined import Joined
from common.domain.colleague import Ours
from common.domain.contact import Contact
from common.domain.effect import Effect
from common.domain.event import FORM_SUBMITTED
from common.ports import Happened

OF_EVENTS = re.compile(r"\b(event|fields)\b")
"""In a text that may name them: only for those the archive is asked."""


class Beside:
    """`events`: the archive, where what happened lies for as long as it is kept."""

    def __init__(self, colleagues: Colleagues, events: Happened) -> None:
        self.colleagues = colleagues
        self._events = events
        self._enrolling = Joined(events.many)

    async def of(self, effect: Effect, contact: Contact, texts: Iterable[str]) -> Ours:
        """For these texts, of an author's. Raises `Unavailable`."""
        named = frozenset().union(*map(words_of_events, texts))
        ours = await self.colleagues.of(contact)
        if "event" in named:
            ours = replace(ours, event=await self._event(effect))
        if "fields" in named:
            ours = replace(ours, fields=await self._fields(contact))
        return ours

    async def _event(self, effect: Effect) -> Mapping[str, Any]:
        """Nothing where somebody was enrolled by no event, or it is kept no longer."""
        if effect.enrolled_by is None:
            return {}
        found = await self._enrolling.one(effect.enrolled_by)
        return found.data if found is not None and found.contact == effect.contact else {}

    async def _fields(self, contact: Contact) -> Mapping[str, Any]:
        found = await self._events.last(contact.id, FORM_SUBMITTED)
        fields = found.data.get("fields") if found is not None else None
        return fields if isinstance(fields, Mapping) else {}


@lru_cache(maxsize=256)
def words_of_events(text: str) -> frozenset[str]:
    """Contents are the same for many mails."""
    return frozenset(OF_EVENTS.findall(text))
