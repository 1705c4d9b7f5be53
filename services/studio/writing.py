"""Creating and changing what is kept by name, one revision after another."""

from datetime import datetime
from typing import Any, Protocol, TypeVar

from common.domain.model import Model
from common.ports import Clock
from common.runtime.problems import Changed
from services.studio.etags import Conditions


class Revised(Protocol):
    """Something stored, with a number that rises with each change."""

    @property
    def revision(self) -> int: ...

    def but(self, **changes: Any) -> Any: ...


Thing = TypeVar("Thing", bound=Revised)
Data = TypeVar("Data", bound=Model, contravariant=True)


class Store(Protocol[Thing, Data]):
    """Where such things are kept; `None` and `False`: somebody else was first."""

    async def get(self, name: str, /) -> Thing | None: ...
    async def create(self, name: str, data: Data, /, *, at: datetime) -> Thing | None: ...
    async def save(self, changed: Thing, /, *, read: int) -> bool: ...


async def put(
    store: Store[Thing, Data], clock: Clock, kind: str, name: str, data: Data, given: Conditions
) -> tuple[Thing, bool]:
    """Create or change; answers the thing and whether it is new. The same data again changes nothing.

    Raises `Changed`, or what the request's conditions demand.
    """
    what = f"{kind} {name!r}"
    stored = await store.get(name)
    given.check(what, stored.revision if stored else None)
    now = await clock.now()
    if stored is None:
        created = await store.create(name, data, at=now)
        if created is None:
            raise Changed(f"somebody else has just created {what}")
        return created, True
    changes = {field: getattr(data, field) for field in type(data).model_fields}
    if all(getattr(stored, field) == value for field, value in changes.items()):
        return stored, False
    changed: Thing = stored.but(revision=stored.revision + 1, updated_at=now, **changes)
    if not await store.save(changed, read=stored.revision):
        raise Changed(f"somebody else has just changed {what}")
    return changed, False
