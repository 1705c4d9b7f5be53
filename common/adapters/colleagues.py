"""The users whom messages name or go to: asked for when a message is made, and kept for a moment."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from time import monotonic

from common.domain.colleague import NOBODY, Colleague, Ours
from common.domain.contact import Contact
from common.domain.user import User
from common.ports import Users

KEPT = 2_000
KEPT_SECONDS = 10.0
"""How long a change of a user may take to reach messages."""


class Colleagues:
    """`now`: machine time in seconds."""

    def __init__(self, users: Users, now: Callable[[], float] = monotonic) -> None:
        self._users = users
        self._now = now
        self._kept: OrderedDict[str, tuple[float, User | None]] = OrderedDict()

    async def of(self, contact: Contact) -> Ours:
        """Raises `Unavailable`."""
        owner, service = (each.of(contact) for each in Colleague)
        if owner is None and service is None:
            return NOBODY
        known = await self.many([each for each in (owner, service) if each])
        return Ours(known.get(owner or ""), known.get(service or ""))

    async def many(self, ids: Iterable[str]) -> Mapping[str, User]:
        """Those that are known, by id. Raises `Unavailable`."""
        wanted = set(ids)
        fresh = self._now() - KEPT_SECONDS
        kept = {each: self._kept[each] for each in wanted if each in self._kept}
        known = {each: user for each, (at, user) in kept.items() if at > fresh}
        if missing := wanted - known.keys():
            found = await self._users.many(missing)
            known |= {each: found.get(each) for each in missing}
            self._keep({each: known[each] for each in missing})
        return {each: user for each, user in known.items() if user is not None}

    def _keep(self, found: Mapping[str, User | None]) -> None:
        for each, user in found.items():
            self._kept[each] = (self._now(), user)
            self._kept.move_to_end(each)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
