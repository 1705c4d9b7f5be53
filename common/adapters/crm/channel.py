"""The channel `crm`: acts in the CRM, their texts filled when they are due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from common.adapters.beside import Beside
from common.adapters.mail.channel import ConnectionSlots
from common.adapters.mail.mime import one_line
from common.adapters.mail.texts import fill, fill_all, fill_page
from common.domain.colleague import Ours
from common.domain.contact import Contact
from common.domain.crm_act import CRM, LONGEST_TEXT, LONGEST_TITLE, AnyAct, Membership
from common.domain.delivery import Delivered, Delivery
from common.domain.effect import Effect
from common.domain.flow import Flow
from common.domain.json_body import texts
from common.ports import Crm, Deed, Unsendable

ACT: TypeAdapter[AnyAct] = TypeAdapter(AnyAct)


@dataclass(frozen=True, slots=True)
class PreparedDeed:
    deed: Deed
    crm: Crm

    async def send(self) -> Delivery:
        act = self.deed.act
        if isinstance(act, Membership) and not act.still:
            return Delivered("it is no longer so")
        return await self.crm.perform(self.deed)


class CrmChannel:
    """`connections`: how many deeds are done at a time."""

    name = CRM
    counts_bounces = False

    def __init__(self, crm: Crm, beside: Beside, *, connections: int) -> None:
        self._crm = crm
        self._beside = beside
        self.slots = ConnectionSlots(connections)
        self.timeout = crm.timeout
        self.knows_repeats = crm.knows_repeats

    async def prepare(
        self, effect: Effect, flow: Flow | None, contact: Contact, now: datetime
    ) -> PreparedDeed:
        ours = await self._beside.of(effect, contact, texts(effect.settings))
        deed = deed_of(effect, contact, ours, now)
        return PreparedDeed(deed, self._crm)


def as_now(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Acts as they were kept before: a new owner is a changed field."""
    if settings.get("kind") == "assign_owner":
        return {"kind": "change_contact", "fields": ["owner"]}
    return settings


def deed_of(effect: Effect, contact: Contact, ours: Ours, now: datetime) -> Deed:
    """Raises `Unsendable`."""
    return Deed(
        id=effect.id,
        act=filled(ACT.validate_python(as_now(effect.settings)).as_of(contact), contact, ours),
        contact=contact,
        flow=effect.flow,
        now=now,
        cause=effect.cause,
        depth=effect.depth,
    )


def filled(act: AnyAct, contact: Contact, ours: Ours) -> AnyAct:
    """With values in place of the merge tags, no longer than the CRM keeps them. Raises `Unsendable`."""
    words: dict[str, Any] = {}
    for name in act.titles:
        words[name] = one_line(fill(getattr(act, name), contact, ours))[:LONGEST_TITLE]
        if not words[name].strip():
            raise Unsendable(f"the {name} is empty for this contact")
    words |= {name: fill_all(getattr(act, name), contact, ours) for name in act.texts}
    words |= {name: fill_page(getattr(act, name), contact, ours) for name in act.pages}
    for name, text in words.items():
        if len(str(text)) > LONGEST_TEXT:
            raise Unsendable(f"the {name} is too long for this contact")
    done: AnyAct = act.but(**words)
    return done
