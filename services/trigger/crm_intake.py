"""What the CRM tells, on its way into the archive: of contacts under our ids, and whom it has deleted for good is
forgotten here, too."""

from collections.abc import Mapping, Sequence

from common.adapters.mongo.erasure import MongoErasure
from common.domain.event import CONTACT_CREATED, CONTACT_DELETED, CONTACT_UPDATED
from common.messages.record import Record
from common.ports import CrmPeople
from common.runtime.intake import Intake


class CrmIntake:
    """A deletion is accepted when the forgetting is noted; the studio sees it through."""

    def __init__(self, intake: Intake, people: CrmPeople, erasure: MongoErasure) -> None:
        self._intake = intake
        self._people = people
        self._erasure = erasure

    async def submit(self, records: Sequence[Record]) -> list[bool]:
        """As `Intake` does. A repeat notes it once more: the one before may have been cut short."""
        told = await self._under_our_ids(records)
        fresh = await self._intake.submit(told)
        for record in told:
            if record.type == CONTACT_DELETED and record.contact is not None:
                await self._erasure.begin(record.contact)
        return fresh

    async def _under_our_ids(self, records: Sequence[Record]) -> Sequence[Record]:
        ours = await self._people.here({record.contact for record in records if record.contact is not None})
        return [renamed(record, ours) for record in records] if ours else records


def renamed(record: Record, ours: Mapping[str, str]) -> Record:
    """Whom we made in the CRM was created here before."""
    if record.contact is None or record.contact not in ours:
        return record
    known = CONTACT_UPDATED if record.type == CONTACT_CREATED else record.type
    told: Record = record.but(contact=ours[record.contact], type=known)
    return told
