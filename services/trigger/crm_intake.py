"""What the CRM tells, on its way into the archive: whom it has deleted for good is forgotten here, too."""

from collections.abc import Sequence

from common.adapters.mongo.erasure import MongoErasure
from common.domain.event import CONTACT_DELETED
from common.messages.record import Record
from common.runtime.intake import Intake


class CrmIntake:
    """A deletion is accepted when the forgetting is noted; the studio sees it through."""

    def __init__(self, intake: Intake, erasure: MongoErasure) -> None:
        self._intake = intake
        self._erasure = erasure

    async def submit(self, records: Sequence[Record]) -> list[bool]:
        """As `Intake` does. A repeat notes it once more: the one before may have been cut short."""
        fresh = await self._intake.submit(records)
        for record in records:
            if record.type == CONTACT_DELETED and record.contact is not None:
                await self._erasure.begin(record.contact)
        return fresh
