"""What comes back from a CRM outside of what was done there for a contact: our own change is nobody's news a second
time, an older record does not undo it, and what follows from our acts is as deep as they are."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.domain.contact_events import JOINING, LEAVING
from common.domain.crm_act import CRM
from common.domain.crm_telling import OUR_SOURCES, is_told
from common.domain.effect import Effect, EffectState
from common.domain.event import BUILT_IN, CONTACT_CREATED, CONTACT_UPDATED, RESERVED_PREFIX
from common.domain.instant import to_instant
from common.messages.record import Record
from common.ports import CrmLedger

REMEMBERED = timedelta(minutes=10)
"""How long acts that are done are expected to come back, in machine time."""

AT_ONCE = timedelta(minutes=1)
"""What is changed there later than this after our act, by the CRM's clock, was not led to by it."""

CHANGES = frozenset({"change_contact", "change_company", "create_contact"})
COMES_BACK: Mapping[str, tuple[str, ...]] = {
    "create_sale": ("sale.",),
    "create_request": ("request.",),
    "create_follow_up": ("follow_up.",),
    "run_script": ("sale.", "request.", "follow_up.", "contact.", "project."),
    **dict.fromkeys(CHANGES, ("contact.",)),
}
"""How events begin that acts of these kinds may lead to; scripts may raise events of their own, too."""

Acts = Sequence[Effect]
"""What was done, or is to be done, in the CRM for one contact of late; the newest last."""


def from_outside(record: Record) -> bool:
    """Whether it may come from what was done in the CRM."""
    return not (
        record.applied
        or record.source in OUR_SOURCES
        or record.source.startswith("headrace")
        or record.type.startswith(RESERVED_PREFIX)
    )


def as_heard(record: Record, acts: Acts) -> Record:
    """As deep as the deepest of the acts that may have led to it, without older values of what has been changed here.
    Whom we made there is not new here."""
    if not acts or not from_outside(record):
        return record
    causes = [act for act in acts if act.attempts and may_follow(record, act)]
    made = any(act.settings.get("kind") == "create_contact" for act in causes)
    heard: Record = record.but(
        type=CONTACT_UPDATED if made and record.type == CONTACT_CREATED else record.type,
        depth=max([record.depth, *(act.depth for act in causes)]),
        cause=record.cause or (causes[-1].cause if causes else None),
        data=without(record, acts) if record.type in (CONTACT_CREATED, CONTACT_UPDATED) else record.data,
    )
    return heard


def may_follow(record: Record, act: Effect) -> bool:
    """Whether the act may have led to it: orders and clicks are no doing of the CRM's, and a person who changes a
    record later on has thought of that."""
    kind = str(act.settings.get("kind"))
    by_script = kind == "run_script" and record.type not in BUILT_IN
    follows = by_script or record.type.startswith(COMES_BACK.get(kind, ())) or is_membership(record, act)
    return follows and not newer(record, act, by=AT_ONCE)


def is_membership(record: Record, act: Effect, opposite: bool = False) -> bool:
    """Whether it tells of the joining or leaving that the act does, or of its opposite."""
    joins = (act.settings.get("kind") == "join") is not opposite
    names = JOINING if joins else LEAVING
    if act.settings.get("kind") not in ("join", "leave") or record.type not in names:
        return False
    what = names[record.type][1]
    return bool(act.settings.get("of") == what and act.settings.get("name") == record.data.get(what))


def is_echo(record: Record, acts: Acts) -> bool:
    """An event that tells of an act, and nothing else: it left the contact as it was, and is not newer than the act,
    where the CRM says when that was. Events that make something new are none: here they are told for the first time.
    """
    if not acts or record.changed or not from_outside(record):
        return False
    left = [act for act in acts if act.attempts]
    if record.type in (CONTACT_CREATED, CONTACT_UPDATED):
        return any(act.settings.get("kind") in CHANGES and not newer(record, act) for act in left)
    return any(is_membership(record, act) for act in left)


def is_overtaken(record: Record, acts: Acts) -> bool:
    """A membership that the CRM tells of while it is still to be told of the opposite."""
    return (
        bool(acts)
        and from_outside(record)
        and any(
            act.state is not EffectState.DONE and is_membership(record, act, opposite=True) for act in acts
        )
    )


def without(record: Record, acts: Acts) -> dict[str, Any]:
    """The event's data without fields that an act has still to tell, or has told after the record was so."""
    kept: dict[str, Any] = deepcopy(record.data)
    for act in acts:
        if act.state is not EffectState.DONE or older(record, act):
            for name in act.settings.get("fields", ()):
                drop(kept, name)
    return kept


def drop(data: dict[str, Any], field: str) -> None:
    """A field of a contact that belongs to another company is that company, and all of it."""
    if field == "company.id":
        data.pop("company", None)
        return
    *path, last = field.split(".")
    inner: Any = data
    for name in path:
        inner = inner.get(name) if isinstance(inner, dict) else None
    if isinstance(inner, dict):
        inner.pop(last, None)


def older(record: Record, act: Effect) -> bool:
    at = moment_of(record)
    return at is not None and act.told_at is not None and at < act.told_at


def newer(record: Record, act: Effect, by: timedelta = timedelta()) -> bool:
    at = moment_of(record)
    return at is not None and act.told_at is not None and at > act.told_at + by


def moment_of(record: Record) -> datetime | None:
    """When the CRM's record was changed last, by the CRM's clock, where that is known."""
    crm = record.data.get("crm")
    told = crm.get("updated_at") if isinstance(crm, Mapping) else None
    try:
        return to_instant(datetime.fromisoformat(told)) if isinstance(told, str) else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Outside:
    """What was done of late in a CRM outside, by contact; `tells`: whether there is one."""

    acts: Mapping[str, Acts] = field(default_factory=dict)
    tells: bool = False

    def heard(self, record: Record) -> Record:
        return as_heard(record, self._of(record))

    def knows(self, record: Record) -> bool:
        """Nobody's news a second time."""
        return is_echo(record, self._of(record))

    def overtook(self, record: Record) -> bool:
        return is_overtaken(record, self._of(record))

    def hears(self, record: Record) -> bool:
        """Whether it has to be told."""
        return self.tells and is_told(record.type, record.source, record.changed)

    def _of(self, record: Record) -> Acts:
        return self.acts.get(record.contact or "", ())


NOTHING_OUTSIDE = Outside()


async def outside(records: Sequence[Record], ledger: CrmLedger | None) -> Outside:
    """Without a ledger there is nothing outside."""
    if ledger is None:
        return NOTHING_OUTSIDE
    contacts = {each.contact for each in records if each.contact is not None and from_outside(each)}
    return Outside(await ledger.of_late(contacts, CRM, REMEMBERED) if contacts else {}, tells=True)
