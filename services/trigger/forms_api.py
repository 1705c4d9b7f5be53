"""Forms in public: the hosted page, the endpoint for other sites' pages and programs, confirmations. No key is asked:
anybody may answer. What is bounded is the size of a request and how often one address may send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from common.adapters.mail.tokens import ConfirmToken, Tokens
from common.adapters.proofs import Proof, Proofs
from common.domain.contact import Contact
from common.domain.forms.answers import Posted
from common.domain.forms.element import Element
from common.domain.forms.form import Form, FormVersion
from common.domain.forms.reading import Read, read
from common.domain.forms.submission import Submission, SubmissionState
from common.domain.ids import digest
from common.domain.model import Slug
from common.domain.reassess import address_key
from common.runtime.form_desk import Confirmation, FormClosed, FormDesk, Opened
from common.runtime.problems import Gone, Invalid, NotFound, Problem, TooMany
from common.runtime.rate_limit import RateLimit
from services.trigger.form_pages import (
    BACK,
    GO,
    PAGE,
    PROOF,
    SUM,
    TRAP,
    Filled,
    confirm_page,
    form_page,
    message,
)
from services.trigger.form_posts import Post, read_post, wants_json
from services.trigger.form_words import words

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type, Accept, Idempotency-Key",
    "Access-Control-Max-Age": "86400",
}
"""Any page may send a form; no credentials go with it, so there are none to misuse."""

FormId = Annotated[Slug, Path()]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opened the form, where that is known from a mail."""

    contact: Contact
    opened: Opened


@dataclass(frozen=True, slots=True)
class PublicForms:
    desk: FormDesk
    proofs: Proofs
    limit: RateLimit
    mailboxes: RateLimit
    """How often a form writes to one address: nobody's mailbox is to be filled by strangers."""

    async def form(self, name: str) -> FormVersion:
        found = await self.desk.forms.latest(name)
        if found is None:
            raise NotFound("form", name)
        return found

    async def show(self, form: FormVersion, visitor: Visitor | None = None) -> Response:
        if await self.desk.closed(form):
            return closed(form.body)
        known = filled_in(form.body, visitor.contact) if visitor else {}
        return form_page(Filled(form.body, self.proofs.make(form.form), posted=known))

    async def post(self, request: Request, form: FormVersion, visitor: Visitor | None = None) -> Response:
        """One page on, back, or sent; answered as a page or, to a program, as JSON that any page may read."""
        try:
            self.slow_down(request)
            return await self._post(request, form, visitor)
        except Problem as problem:
            if not wants_json(request) and not isinstance(problem, Gone):
                raise
            return with_cors(problem.response())

    def slow_down(self, request: Request) -> None:
        """Raises `TooMany`."""
        host = request.client.host if request.client else ""
        if seconds := self.limit.wait(host):
            raise TooMany("too many submissions from this address", retry_after=int(seconds) + 1)

    async def _post(self, request: Request, form: FormVersion, visitor: Visitor | None) -> Response:
        post = await read_post(request)
        body = form.body
        proof = self.proofs.read(form.form, post.own(PROOF))
        page = page_of(post, len(body.pages))
        at = Filled(body, proof or self.proofs.make(form.form), page, post.fields)
        if post.own(GO) == BACK:
            return form_page(moved(at, page - 1))
        last = page == len(body.pages) - 1
        answers = read(body.elements if last else body.pages[page].elements, post.fields)
        if not last and not answers.wrong:
            return form_page(moved(at, page + 1))
        say = str if post.program else words(body.language).about
        wrong = {name: say(fault) for name, fault in answers.wrong.items()}
        wrong |= self._unproved(body, proof, post) if last else {}
        if wrong:
            return self._put_right(at, wrong, post)
        if body.puzzle is not None and post.own(TRAP):
            return thanks(post, body, SubmissionState.PROCESSED)
        return await self._taken(request, form, post, answers, proof, visitor)

    async def _taken(
        self,
        request: Request,
        form: FormVersion,
        post: Post,
        answers: Read,
        proof: Proof | None,
        visitor: Visitor | None,
    ) -> Response:
        name = proof.nonce if proof else request.headers.get("Idempotency-Key") or uuid4().hex
        opened = visitor.opened if visitor else None
        self._spare_mailbox(form.body, answers)
        try:
            submission: Submission = await self.desk.take(
                form, digest("submission", form.form, name), answers, opened
            )
        except FormClosed:
            if post.program:
                raise Gone(form.body.life.closed_text) from None
            return closed(form.body)
        return thanks(post, form.body, submission.state)

    def _spare_mailbox(self, form: Form, answers: Read) -> None:
        """Raises `TooMany`."""
        element = form.address_element
        if form.sender is None or element is None or element.id not in answers.answers:
            return
        if seconds := self.mailboxes.wait(address_key(str(answers.answers[element.id]))):
            raise TooMany("too many submissions with this e-mail address", retry_after=int(seconds) + 1)

    def _unproved(self, form: Form, proof: Proof | None, post: Post) -> Mapping[str, str]:
        """What speaks against a person, where that has to be proved."""
        puzzle, told = form.puzzle, words(form.language)
        if puzzle is None:
            return {}
        if proof is None:
            return {puzzle.id: told.stale}
        if post.own(SUM) != str(sum(proof.sum)):
            return {puzzle.id: told.solve}
        return {puzzle.id: told.quick} if proof.age < getattr(puzzle, "seconds", 0) else {}

    def _put_right(self, at: Filled, wrong: Mapping[str, str], post: Post) -> Response:
        """Back to the first page on which something is wrong."""
        if post.program:
            raise Invalid([{"pointer": f"#/{name}", "detail": text} for name, text in wrong.items()])
        page = next(
            (n for n, each in enumerate(at.form.pages) if names(each.elements) & wrong.keys()), at.page
        )
        return form_page(Filled(at.form, at.proof, page, at.posted, wrong))


def names(elements: Sequence[Element]) -> set[str]:
    return {each.id for each in elements}


def moved(at: Filled, page: int) -> Filled:
    return Filled(at.form, at.proof, max(page, 0), at.posted)


def page_of(post: Post, count: int) -> int:
    """The page that was sent; a post that names none answers all of them."""
    told = post.own(PAGE)
    return min(int(told), count - 1) if told.isascii() and told.isdigit() and len(told) < 3 else count - 1


def filled_in(form: Form, contact: Contact) -> dict[str, Posted]:
    return {
        element.id: Posted(values=(value,)) for element in form.elements if (value := element.known(contact))
    }


def closed(form: Form) -> Response:
    return message(form, form.life.closed_title, form.life.closed_text, 410)


def thanks(post: Post, form: Form, state: SubmissionState) -> Response:
    told, awaited = words(form.language), state is SubmissionState.AWAITING_CONFIRMATION
    title, text, redirect = form.thank_you.title, form.thank_you.text, form.thank_you.redirect
    if awaited and form.double_opt_in is not None:
        title, redirect = told.check_mail, None
        text = told.confirm_within.format(minutes=form.double_opt_in.minutes)
    if post.program:
        outcome = "awaiting_confirmation" if awaited else "received"
        body = {"outcome": outcome, "title": title, "text": text, "redirect": redirect and str(redirect)}
        return with_cors(JSONResponse(body))
    if redirect is not None:
        return RedirectResponse(str(redirect), 303, headers={"Cache-Control": "no-store"})
    return message(form, title, text)


def with_cors(response: Response) -> Response:
    response.headers.update(CORS | {"Cache-Control": "no-store"})
    return response


def router(public: PublicForms, tokens: Tokens) -> APIRouter:
    routes = APIRouter(prefix="/r", tags=["forms in public"])

    @routes.get("/form/{form}", response_class=Response)
    async def show_form(form: FormId) -> Response:
        """The hosted page."""
        return await public.show(await public.form(form))

    @routes.options("/form/{form}", include_in_schema=False)
    @routes.options("/form/{form}/proof", include_in_schema=False)
    async def may_other_pages_send(form: FormId) -> Response:
        return with_cors(Response(status_code=204))

    @routes.get("/form/{form}/proof")
    async def make_proof(form: FormId) -> JSONResponse:
        """What a program sends along as `_proof`, and the sum to be solved as `_sum` where the form has a captcha."""
        found = await public.form(form)
        proof = public.proofs.make(found.form)
        first, second = proof.sum
        question = words(found.body.language).sum.format(first=first, second=second)
        return JSONResponse({"proof": proof.token, "question": question}, headers=CORS)

    @routes.post("/form/{form}", response_class=Response, openapi_extra=FORM_BODY)
    async def submit_form(request: Request, form: FormId) -> Response:
        """Answers by element, as a form or as JSON (which is answered as JSON, to pages of any origin)."""
        return await public.post(request, await public.form(form))

    @routes.get("/c/{token}", response_class=Response)
    async def ask_confirm(token: Annotated[str, Path(max_length=500)]) -> Response:
        """Ask first: mail scanners fetch every link."""
        form, submission = await public_submission(public, tokens, token)
        if submission.as_at(await public.desk.clock.now()).state is SubmissionState.EXPIRED:
            return too_late(form)
        return confirm_page(form)

    @routes.post("/c/{token}", response_class=Response)
    async def confirm(token: Annotated[str, Path(max_length=500)]) -> Response:
        """The submission counts from now on."""
        form, submission = await public_submission(public, tokens, token)
        match await public.desk.confirm(submission.id):
            case Confirmation.DONE:
                return thanks(Post({}, program=False), form, SubmissionState.PROCESSED)
            case Confirmation.EXPIRED:
                return too_late(form)
            case Confirmation.UNKNOWN:
                raise NotFound("submission", submission.id)

    return routes


async def public_submission(public: PublicForms, tokens: Tokens, token: str) -> tuple[Form, Submission]:
    read_token = tokens.read(token)
    stored = None
    if isinstance(read_token, ConfirmToken):
        stored = await public.desk.submissions.get(read_token.submission)
    if stored is None:
        raise NotFound("confirmation", "of this address")
    return (await public.desk.form_of(stored)).body, stored


def too_late(form: Form) -> Response:
    told = words(form.language)
    return message(form, told.too_late, told.too_late_text, 410)


FORM_BODY = {
    "requestBody": {
        "content": {
            kind: {"schema": {"type": "object"}}
            for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "application/json")
        }
    }
}
