"""Where submissions of forms are taken, confirmed and processed: each a single transaction (domain.md §9)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from common.domain.effect import Effect
from common.domain.forms.consequences import Event, created_id, events, responses
from common.domain.forms.form import Form, FormVersion
from common.domain.forms.letters import address_of, company_name, envelope, values
from common.domain.forms.reading import Read
from common.domain.forms.submission import KeptFile, Submission, SubmissionState, person_id
from common.domain.forms.whose import Ask, Known, New, whose
from common.domain.ids import partition_of
from common.domain.letter import letter
from common.domain.reassess import address_key
from common.messages.record import Record
from common.messages.topology import Service
from common.ports import (
    Archive,
    Batches,
    Clock,
    Commit,
    Committed,
    Effects,
    Forms,
    People,
    Submissions,
    Unavailable,
    Write,
)

SOURCE = "form"
ATTEMPTS = 5
CONFIRM = "confirm"


class FormClosed(Exception):
    """The form takes no more."""


class Overtaken(Exception):
    """Somebody else has changed the submission since it was read."""


class Confirmation(StrEnum):
    """What following the address in a confirmation mail came to."""

    DONE = "done"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Opened:
    """The mail through which the form was opened: whose it was, and what the event tells of it."""

    contact: str
    origin: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FormDesk:
    """Raises `Unavailable` where nothing is known to be kept. `confirm_address`: where a submission is confirmed."""

    forms: Forms
    submissions: Submissions
    people: People
    archive: Archive
    effects: Effects
    batches: Batches
    clock: Clock
    partitions: int
    confirm_address: Callable[[str], str]

    async def closed(self, form: FormVersion) -> bool:
        return form.body.life.over(await self.clock.now(), await self.submissions.received(form.form))

    async def take(
        self, form: FormVersion, submission_id: str, read: Read, opened: Opened | None = None
    ) -> Submission:
        """Keep what was answered, and process it where nobody has to be asked. The same id again changes nothing.

        Raises `FormClosed`.
        """
        fresh = received(form, submission_id, read, opened, await self.clock.now())
        files = {name: file.content for name, file in read.files.items()}
        for _ in range(ATTEMPTS):
            if (known := await self.submissions.get(submission_id)) is not None:
                return known
            if await self.closed(form):
                raise FormClosed
            submission, writes, records = await self._first_step(form.body, fresh, opened)
            kept = self.submissions.insert(submission, files, form.body.life.most_submissions)
            if await self._commit([*kept, *writes], records):
                return submission
        raise Unavailable("the form")

    async def _first_step(
        self, form: Form, fresh: Submission, opened: Opened | None
    ) -> tuple[Submission, Sequence[Write], Sequence[Record]]:
        """The submission as it is kept first, with what is written beside it."""
        matched = await self._matched(fresh, await self._opener(fresh, opened))
        if form.double_opt_in is not None:
            waits = matched.but(state=SubmissionState.AWAITING_CONFIRMATION)
            return waits, self.effects.plan([self._confirmation(form, waits)]), ()
        return await self._decided(form, matched)

    async def _matched(self, submission: Submission, opener: str | None) -> Submission:
        """With everybody whose it may be."""
        found = await self.people.with_address(submission.address) if submission.address else []
        first = opener or (found[0] if found else None)
        matched: Submission = submission.but(opener=opener, contact=first, candidates=list(found))
        return matched

    async def _opener(self, submission: Submission, opened: Opened | None) -> str | None:
        """Whose mail led here, unless another address was given: mails are passed on."""
        if opened is None:
            return None
        contact = (await self.people.many([opened.contact])).get(opened.contact)
        own = address_key(contact.email) if contact and contact.email else None
        return opened.contact if submission.address in (None, own) else None

    async def _decided(
        self, form: Form, submission: Submission
    ) -> tuple[Submission, Sequence[Write], Sequence[Record]]:
        has_address = submission.address is not None
        match whose(form.processing, submission.opener, submission.candidates, has_address=has_address):
            case Known(contact):
                return await self._processed(form, submission, contact, by="")
            case New():
                return await self._processed(form, submission, None, by="")
            case Ask(suggested):
                asked = submission.but(state=SubmissionState.WAITING, contact=suggested)
                return asked, (), ()
            case other:
                assert_never(other)

    async def confirm(self, submission_id: str) -> Confirmation:
        """Whoever has the address in the mail says that it was them; twice is once."""
        for _ in range(ATTEMPTS):
            stored = await self.submissions.get(submission_id)
            if stored is None:
                return Confirmation.UNKNOWN
            now = await self.clock.now()
            match stored.as_at(now).state:
                case SubmissionState.AWAITING_CONFIRMATION:
                    if await self._confirmed(stored, now):
                        return Confirmation.DONE
                case SubmissionState.EXPIRED:
                    return Confirmation.EXPIRED
                case _:
                    return Confirmation.DONE
        raise Unavailable("the form")

    async def _confirmed(self, stored: Submission, now: datetime) -> bool:
        form = await self.form_of(stored)
        fresh = await self._matched(stored.but(confirmed_at=now), stored.opener)
        after, writes, records = await self._decided(form.body, fresh)
        return await self._replace(stored, after, writes, records)

    async def process(self, stored: Submission, contact: str | None, *, by: str) -> Submission:
        """A person says whose it is; `None` creates somebody. Raises `Overtaken`."""
        form = await self.form_of(stored)
        for _ in range(ATTEMPTS):
            after, writes, records = await self._processed(form.body, stored, contact, by=by)
            if await self._replace(stored, after, writes, records):
                processed: Submission = after.but(revision=stored.revision + 1)
                return processed
            now = await self.submissions.get(stored.id)
            if now is None or now.revision != stored.revision:
                raise Overtaken
        raise Unavailable("the form")

    async def change(self, stored: Submission, after: Submission) -> Submission:
        """Keep a change that nothing follows from. Raises `Overtaken`."""
        if not await self._replace(stored, after, (), ()):
            raise Overtaken
        changed: Submission = after.but(revision=stored.revision + 1)
        return changed

    async def form_of(self, submission: Submission) -> FormVersion:
        form = await self.forms.version(submission.form, submission.form_version)
        assert form is not None, "versions of forms are never removed"
        return form

    async def _processed(
        self, form: Form, submission: Submission, contact: str | None, *, by: str
    ) -> tuple[Submission, Sequence[Write], Sequence[Record]]:
        now = await self.clock.now()
        whose_id = contact or person_id(submission)
        new = contact is None and not await self._exists(whose_id)
        company = await self._company(form, submission, now)
        told = await self._fresh(events(form, submission, whose_id, new=new, company=company, now=now))
        after: Submission = submission.but(
            state=SubmissionState.PROCESSED,
            contact=whose_id,
            processed_at=now,
            processed_by=by,
        )
        letters = self._responses(form, after, now)
        records = [to_record(event, whose_id, now) for event in told]
        return after, [*self.archive.raised(records), *self.effects.plan(letters)], records

    async def _fresh(self, told: Sequence[Event]) -> Sequence[Event]:
        """Without what is done only once, and was."""
        once = [event.id for event in told if event.once]
        known = await self.archive.many(once) if once else {}
        return [event for event in told if event.id not in known]

    async def _exists(self, contact: str) -> bool:
        """Whether a form has created it already; it may not have got down the road yet."""
        created = created_id(contact)
        return created in await self.archive.many([created]) or contact in await self.people.many([contact])

    async def _company(self, form: Form, submission: Submission, now: datetime) -> Mapping[str, Any]:
        named = company_name(form, submission)
        if not (form.use_existing_company and named):
            return {}
        return await self.people.company_named(named) or {}

    def _confirmation(self, form: Form, submission: Submission) -> Effect:
        assert form.double_opt_in is not None
        asked = form.double_opt_in
        text = f"{asked.text}\n\n{self.confirm_address(submission.id)}\n"
        return self._letter(form, submission, CONFIRM, asked.subject, text, submission.received_at)

    def _responses(self, form: Form, submission: Submission, now: datetime) -> list[Effect]:
        if submission.address is None:
            return []
        return [
            self._letter(form, submission, f"response {number}", each.subject, each.text, now)
            for number, each in enumerate(responses(form))
        ]

    def _letter(
        self, form: Form, submission: Submission, purpose: str, subject: str, text: str, at: datetime
    ) -> Effect:
        sender = form.sender
        assert sender is not None, "a form that sends mail has a sender"
        contact = submission.contact or person_id(submission)
        partition = partition_of(contact, self.partitions)
        settings = envelope(sender, address_of(form, submission), subject, text, values(form, submission))
        return letter(contact, partition, submission.id, purpose, settings, at)

    async def _replace(
        self, stored: Submission, after: Submission, writes: Sequence[Write], records: Sequence[Record]
    ) -> bool:
        changed: Submission = after.but(revision=stored.revision + 1)
        return await self._commit([self.submissions.save(changed, read=stored.revision), *writes], records)

    async def _commit(self, writes: Sequence[Write], records: Sequence[Record]) -> bool:
        """`False`: something had changed, or was there already; nothing was kept."""
        posted = [(Service.TRIGGER, record) for record in records]
        result = await self.batches.commit(Commit(writes=writes, posted=posted))
        return result.outcome is Committed.DONE


def received(
    form: FormVersion, submission_id: str, read: Read, opened: Opened | None, now: datetime
) -> Submission:
    asked = form.body.double_opt_in
    element = form.body.address_element
    address = read.answers.get(element.id) if element else None
    files = {
        name: KeptFile(name=file.name, type=file.type, size=len(file.content))
        for name, file in read.files.items()
    }
    return Submission(
        id=submission_id,
        form=form.form,
        form_version=form.version,
        state=SubmissionState.WAITING,
        answers=dict(read.answers),
        files=files,
        address=address_key(str(address)) if address else None,
        origin=dict(opened.origin) if opened else {},
        received_at=now,
        confirm_by=asked.until(now) if asked else None,
    )


def to_record(event: Event, contact: str, now: datetime) -> Record:
    return Record(
        id=event.id, type=event.type, source=SOURCE, contact=contact, time=now, data=dict(event.data)
    )
