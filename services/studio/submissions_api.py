"""`/v1/submissions`: what people answered, and the queue of those that wait for somebody who says whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field

from common.domain.access import ApiKey, Scope
from common.domain.complaints import Complaint
from common.domain.contact import Contact
from common.domain.forms.answers import Answer
from common.domain.forms.reading import posted_again, read
from common.domain.forms.submission import Submission, SubmissionState
from common.domain.model import ContactId, Model, Slug
from common.domain.reassess import address_key
from common.ports import People, Submissions
from common.runtime.form_desk import FormDesk, Overtaken
from common.runtime.keys import require
from common.runtime.problems import Changed, Conflict, Invalid, NotFound
from services.studio.etags import Given, etag

MayManage = Annotated[ApiKey, Depends(require(Scope.MANAGE))]
SubmissionId = Annotated[str, Path(max_length=64, pattern="^[0-9a-f]+$")]


class NotWaiting(Conflict):
    """It is over, or not confirmed yet."""

    slug, title = "not-waiting", "The submission does not wait for this"


class SubmissionList(Model):
    items: list[Submission]


class Suggested(Model):
    """Somebody whose it may be."""

    id: str
    name: str
    email: str | None
    company: str | None


class Shown(Submission):
    """A submission with all who have the address that was given; the one in `contact` is suggested."""

    suggested: list[Suggested] = Field(default_factory=list)


class SuggestedList(Model):
    items: list[Suggested]


class SubmissionChange(Model):
    """What is not given stays. `answers` replaces those that it names; `null` takes one away. `contact` chooses whose
    it is."""

    answers: dict[Slug, Answer | None] = Field(default_factory=dict, max_length=200)
    contact: ContactId | None = None


class Process(Model):
    """`contact`: whose it is, unless it is the suggested one; `create`: somebody new, with the company given."""

    contact: ContactId | None = None
    create: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """Submissions as people deal with them."""

    submissions: Submissions
    people: People
    desk: FormDesk

    async def get(self, submission: str) -> Submission:
        found = await self.submissions.get(submission)
        if found is None:
            raise NotFound("submission", submission)
        return found.as_at(await self.desk.clock.now())

    async def waiting(self, submission: str, given: Given) -> Submission:
        """As it is stored, if it waits for a person."""
        found = await self.get(submission)
        given.check(f"submission {submission!r}", found.revision)
        if found.state is not SubmissionState.WAITING:
            raise NotWaiting(f"submission {submission!r} is {found.state.value.replace('_', ' ')}")
        return found

    async def shown(self, submission: Submission) -> Shown:
        ids = list(dict.fromkeys(filter(None, (submission.contact, *submission.candidates))))
        known = await self.people.many(ids) if ids else {}
        suggested = [as_suggested(known[each]) for each in ids if each in known]
        return Shown(**submission.model_dump(), suggested=suggested)

    async def sought(self, text: str, limit: int) -> SuggestedList:
        return SuggestedList(items=[as_suggested(each) for each in await self.people.sought(text, limit)])

    async def change(self, stored: Submission, change: SubmissionChange) -> Submission:
        form = (await self.desk.form_of(stored)).body
        if unknown := set(change.answers) - {each.id for each in form.elements if each.asks}:
            raise Invalid.document([Complaint(("answers", name), "is not asked here") for name in unknown])
        kept = {**stored.answers, **change.answers}
        posted = posted_again({name: value for name, value in kept.items() if value is not None})
        answers = read([each for each in form.elements if not each.uploads], posted)
        if answers.wrong:
            told = [Complaint(("answers", name), str(fault)) for name, fault in answers.wrong.items()]
            raise Invalid.document(told)
        files = {name: stored.answers[name] for name in stored.files if name in stored.answers}
        after: Submission = stored.but(
            answers={**answers.answers, **files}, contact=await self._chosen(change.contact) or stored.contact
        )
        element = form.address_element
        address = after.answers.get(element.id) if element else None
        return await self._kept(stored, after.but(address=address_key(str(address)) if address else None))

    async def process(self, stored: Submission, request: Process, by: str) -> Submission:
        if request.create and request.contact is not None:
            raise Invalid.document(
                [Complaint(("create",), "creates somebody new: give no contact beside it")]
            )
        contact = None if request.create else await self._chosen(request.contact) or stored.contact
        if contact is None and not request.create:
            raise Invalid.document([Complaint(("contact",), "is required where nobody is suggested")])
        try:
            return await self.desk.process(stored, contact, by=by)
        except Overtaken:
            raise Changed(f"somebody else has just changed submission {stored.id!r}") from None

    async def discard(self, stored: Submission, by: str) -> Submission:
        now = await self.desk.clock.now()
        gone = stored.but(state=SubmissionState.DISCARDED, processed_at=now, processed_by=by)
        return await self._kept(stored, gone)

    async def _chosen(self, contact: str | None) -> str | None:
        if contact is not None and contact not in await self.people.many([contact]):
            raise Invalid.document([Complaint(("contact",), f"there is no contact {contact!r}")])
        return contact

    async def _kept(self, stored: Submission, after: Submission) -> Submission:
        try:
            return await self.desk.change(stored, after)
        except Overtaken:
            raise Changed(f"somebody else has just changed submission {stored.id!r}") from None


def as_suggested(contact: Contact) -> Suggested:
    company = contact.company.name if contact.company else None
    return Suggested(id=contact.id, name=contact.name, email=contact.email, company=company)


def tagged(response: Response, submission: Submission) -> Submission:
    response.headers["ETag"] = etag(submission.revision)
    return submission


def router(queue: Queue) -> APIRouter:
    routes = APIRouter(prefix="/v1/submissions", tags=["submissions"])

    @routes.get("")
    async def list_submissions(
        key: MayManage,
        form: Annotated[Slug | None, Query()] = None,
        state: Annotated[SubmissionState | None, Query()] = None,
        after: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> SubmissionList:
        """One page, the oldest first; `state=waiting` is the queue. `after`: the last id of the page before."""
        now = await queue.desk.clock.now()
        found: Sequence[Submission] = await queue.submissions.listed(
            form=form, state=state, now=now, after=after, limit=limit
        )
        return SubmissionList(items=list(found))

    @routes.get("/{submission}")
    async def read_submission(key: MayManage, submission: SubmissionId, response: Response) -> Shown:
        """With everybody whose it may be."""
        found = await queue.get(submission)
        tagged(response, found)
        return await queue.shown(found)

    @routes.get("/{submission}/contacts")
    async def search_contacts(
        key: MayManage,
        submission: SubmissionId,
        search: Annotated[str, Query(min_length=1, max_length=200, pattern=r"[^\s]")],
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> SuggestedList:
        """Somebody else whose it may be: by id, or by the beginning of an address, a name or a company's name,
        without regard to case and accents."""
        await queue.get(submission)
        return await queue.sought(search, limit)

    add_acts(routes, queue)
    add_files(routes, queue)
    return routes


def add_acts(routes: APIRouter, queue: Queue) -> None:
    @routes.patch("/{submission}")
    async def change_submission(
        key: MayManage, submission: SubmissionId, change: SubmissionChange, given: Given, response: Response
    ) -> Submission:
        """Change answers, or choose whose it is (If-Match). Nothing else follows from it."""
        stored = await queue.waiting(submission, given)
        return tagged(response, await queue.change(stored, change))

    @routes.post("/{submission}/process")
    async def process_submission(
        key: MayManage, submission: SubmissionId, request: Process, given: Given, response: Response
    ) -> Submission:
        """Process it (If-Match): for the suggested contact, another, or somebody new. Only then is it told of."""
        stored = await queue.waiting(submission, given)
        return tagged(response, await queue.process(stored, request, f"key {key.name}"))

    @routes.post("/{submission}/discard")
    async def discard_submission(
        key: MayManage, submission: SubmissionId, given: Given, response: Response
    ) -> Submission:
        """Nothing will come of it (If-Match)."""
        stored = await queue.waiting(submission, given)
        return tagged(response, await queue.discard(stored, f"key {key.name}"))


def add_files(routes: APIRouter, queue: Queue) -> None:
    @routes.get("/{submission}/files/{element}", response_class=Response)
    async def read_file(
        key: MayManage, submission: SubmissionId, element: Annotated[Slug, Path()]
    ) -> Response:
        """An uploaded file, to be saved and never shown: nobody has looked into it."""
        content = await queue.submissions.file(submission, element)
        if content is None:
            raise NotFound("file", f"{submission}/{element}")
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return Response(content, media_type="application/octet-stream", headers=headers)
