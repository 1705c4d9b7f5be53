"""Persons and companies of the reference CRM (domain.md §13), changed and made from our contacts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from common.adapters.crm.asking import Asking, http_date, json_in, key_of, outcome, quoted, updated
from common.adapters.crm.fields import Fields
from common.adapters.crm.patching import Change
from common.adapters.http.exchange import Answer
from common.domain.delivery import Delivered, Delivery, Refused, Uncertain, Unreached


@dataclass(frozen=True, slots=True)
class Key:
    """The CRM's id of a person; `at`: when it was made, if it was just now, by the CRM's clock."""

    id: str
    at: datetime | None = None


Wanted = Callable[[Fields], tuple[Sequence[Change], Sequence[str]]]
"""From a record as it was read: the changes to it, and the fields that it has no place for."""


class CrmPersons(Asking):
    async def update_contact(
        self, contact: str, changes: Sequence[Change], *, unless_changed_since: datetime | None = None
    ) -> Delivery:
        """All of the changes or none."""
        return await self._patch(f"Person/{int(contact)}", changes, unless_changed_since)

    async def change_contact(self, contact: str, changes: Wanted) -> Delivery:
        """Reads the record first, and changes it if it is still the one that was read."""
        return await self._change(f"Person/{int(contact)}", changes)

    async def change_company(self, company: str, changes: Wanted) -> Delivery:
        return await self._change(f"Contact/{int(company)}", changes)

    async def _change(self, address: str, wanted: Wanted) -> Delivery:
        read = await self.ask("GET", address)
        if not isinstance(read, Answer):
            return Unreached(read.text)
        if not isinstance(outcome(read), Delivered):
            return outcome(read)
        record = Fields(json_in(read))
        changes, untold = wanted(record)
        since = updated(record.text("UpdatedDate"))
        if changes:
            done = await self._patch(address, changes, since)
        else:
            done = Delivered("was so already", since)
        if untold and isinstance(done, Delivered):
            return Delivered(f"{done.text}; the CRM has no place for {', '.join(untold)}", done.at)
        return done

    async def _patch(self, address: str, changes: Sequence[Change], since: datetime | None) -> Delivery:
        patch = [change.document() for change in changes]
        headers = {"If-Unmodified-Since": http_date(since)} if since else {}
        answer = await self.ask("PATCH", address, patch, headers)
        if not isinstance(answer, Answer):
            return answer
        done = outcome(answer)
        if isinstance(done, Delivered):
            return Delivered(done.text, updated(Fields(json_in(answer)).text("UpdatedDate")))
        return done

    async def create_person(self, person: Mapping[str, Any]) -> Delivery | Key:
        """Answers its id; a create without one is uncertain."""
        answer = await self.ask("POST", "Person", dict(person))
        if not isinstance(answer, Answer):
            return answer
        made = outcome(answer)
        if not isinstance(made, Delivered):
            return made
        key, made_at = key_of(answer, "PersonId"), updated(Fields(json_in(answer)).text("UpdatedDate"))
        return Key(str(key), made_at) if key else Uncertain("the answer tells no id")

    async def person_with_address(self, address: str) -> Delivery | Key | None:
        """The only one who has it; of several nobody is guessed, and a person has to say."""
        asked = {"$select": "personId", "$filter": f"email/emailAddress eq '{quoted(address)}'", "$top": "2"}
        answer = await self.ask("GET", f"Person?{urlencode(asked)}")
        if not isinstance(answer, Answer):
            return Unreached(answer.text)
        if not isinstance(outcome(answer), Delivered):
            return outcome(answer)
        found = {key for row in Fields(json_in(answer)).parts("value") if (key := row.key("personId"))}
        if len(found) > 1:
            return Refused("several in the CRM have this address", permanent=True, of_address=False)
        return Key(found.pop()) if found else None
