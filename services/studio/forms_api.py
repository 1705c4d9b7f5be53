"""`/v1/forms`: forms, versioned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from common.domain.access import Scope
from common.domain.complaints import Complaint
from common.domain.content_action import Lint as LintText
from common.domain.content_action import Respond, projects_of
from common.domain.forms.form import Form, FormVersion
from common.domain.forms.form_problems import problems
from common.domain.forms.use import names_form
from common.domain.model import Model, Slug
from common.domain.reasons import FlowState
from common.domain.sender_domains import Approved
from common.ports import Clock, Contents, Flows, Forms, Projects, Selections, SenderDomainDesigns, Submissions
from common.runtime.keys import require
from common.runtime.problems import Changed, Invalid, NotFound
from services.studio.contents_api import InUse
from services.studio.etags import Conditions, Given, etag

TemplateProblems = Callable[[Sequence[tuple[str, str]]], Sequence[tuple[str, str]]]
"""What is wrong with the merge tags of these (field, text)."""


class FormLine(Model):
    """`submissions`: how many it has had."""

    id: Slug
    version: int
    submissions: int


class FormList(Model):
    items: list[FormLine]


@dataclass(frozen=True, slots=True)
class FormDesigns:
    """Forms as their authors change them."""

    forms: Forms
    submissions: Submissions
    flows: Flows
    contents: Contents
    selections: Selections
    projects: Projects
    sender_domains: SenderDomainDesigns
    clock: Clock
    template_problems: TemplateProblems
    lint: LintText

    async def put(self, form: str, body: Form, given: Conditions) -> tuple[FormVersion, bool]:
        """A new version; answers it and whether the form is new. The same body again changes nothing."""
        latest = await self.forms.latest(form)
        given.check(f"form {form!r}", latest.version if latest else None)
        if latest is not None and latest.body == body:
            return latest, False
        await self._check(body)
        await self._unused(form)
        version = latest.version + 1 if latest else 1
        added = await self.forms.add(form, version, body, at=await self.clock.now())
        if added is None:
            raise Changed(f"somebody else has just changed form {form!r}")
        return added, latest is None

    async def _check(self, body: Form) -> None:
        known = {selection.id for selection in await self.selections.all()}
        approved = Approved.of((await self.sender_domains.all()).domains)
        projects = await self.projects.known(projects_of(body.actions))
        found = [*problems(body, known, approved, self.lint, projects), *self._of_templates(body)]
        if found:
            raise Invalid.document(found)

    def _of_templates(self, body: Form) -> list[Complaint]:
        told: list[tuple[str, str]] = []
        if body.double_opt_in:
            told += [("subject", body.double_opt_in.subject), ("text", body.double_opt_in.text)]
        found = [Complaint(("double_opt_in", field), text) for field, text in self.template_problems(told)]
        for index, action in enumerate(body.actions):
            for each in action.does():
                if isinstance(each, Respond):
                    wrong = self.template_problems([("subject", each.subject), ("text", each.text)])
                    found += [Complaint(("actions", index, field), text) for field, text in wrong]
        return found

    async def _unused(self, form: str) -> None:
        if flows := await self.running_with(form):
            raise InUse(
                f"form {form!r} is used by {', '.join(flows)}; pause first, or make another form",
                flows=list(flows),
            )

    async def running_with(self, form: str) -> Sequence[str]:
        """The running flows that listen for the form or whose mails lead to it."""
        running = [flow for flow in await self.flows.book() if flow.state is FlowState.RUNNING]
        sent = {item for flow in running for item in flow.version.contents.items()}
        leading = set(await self.contents.naming(form, sent)) if sent else set()
        return sorted(
            flow.id
            for flow in running
            if names_form(flow.document, form) or not leading.isdisjoint(flow.version.contents.items())
        )


def router(designs: FormDesigns) -> APIRouter:
    routes = APIRouter(
        prefix="/v1/forms", tags=["forms"], dependencies=[Depends(require(Scope.CONTENT, Scope.MANAGE))]
    )

    @routes.get("")
    async def list_forms() -> FormList:
        """All forms with their newest versions."""
        heads = await designs.forms.heads()
        return FormList(
            items=[
                FormLine(id=name, version=heads[name], submissions=await designs.submissions.received(name))
                for name in sorted(heads)
            ]
        )

    @routes.get("/{form}")
    async def read_form(
        form: Annotated[Slug, Path()],
        response: Response,
        version: Annotated[int | None, Query(ge=1)] = None,
    ) -> FormVersion:
        """The newest version, or the one that is asked for."""
        if version is None:
            found = await designs.forms.latest(form)
        else:
            found = await designs.forms.version(form, version)
        if found is None:
            raise NotFound("form", form if version is None else f"{form}:{version}")
        response.headers["ETag"] = etag(found.version)
        return found

    @routes.put("/{form}", responses={201: {"model": FormVersion}})
    async def write_form(
        form: Annotated[Slug, Path()], body: Form, given: Given, response: Response
    ) -> FormVersion:
        """Create a form, or its next version (If-Match), which is shown at once. Refused while a running flow uses
        it."""
        written, created = await designs.put(form, body, given)
        response.status_code = 201 if created else 200
        response.headers["ETag"] = etag(written.version)
        return written

    return routes
