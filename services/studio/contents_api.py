"""`/v1/contents`: e-mails that flows send, versioned."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Path, Query, Response

from common.domain.access import Scope
from common.domain.attachment import MOST_BYTES, Attachment, StoredFile
from common.domain.complaints import Complaint
from common.domain.content import ContentVersion, EmailContent, TrackedLink
from common.domain.content_action import Lint as LintText
from common.domain.content_action import problems_of, projects_of
from common.domain.model import Model, Slug
from common.ports import Attachments, Clock, Contents, FlowDesigns, Projects, Selections
from common.runtime.keys import require
from common.runtime.problems import Changed, Conflict, Invalid, NotFound
from services.studio.etags import Conditions, Given, etag


class Finding(Protocol):
    """Something wrong with a content: the field, the line in it, what to do."""

    @property
    def field(self) -> str: ...
    @property
    def line(self) -> int | None: ...
    @property
    def text(self) -> str: ...


Lint = Callable[[EmailContent], Sequence[Finding]]


class InUse(Conflict):
    """A running flow sends it."""

    slug, title = "in-use", "A running flow uses this"


class NamedByFlows(Conflict):
    """A flow would lack it: its draft names it, or the version under which it is open."""

    slug, title = "named-by-flows", "Flows name this"


class ContentLine(Model):
    id: Slug
    version: int


class ContentList(Model):
    items: list[ContentLine]


@dataclass(frozen=True, slots=True)
class ContentDesigns:
    """Contents as their authors change them."""

    contents: Contents
    flows: FlowDesigns
    selections: Selections
    projects: Projects
    attachments: Attachments
    clock: Clock
    lint: Lint
    lint_text: LintText

    async def put(self, content: str, body: EmailContent, given: Conditions) -> tuple[ContentVersion, bool]:
        """A new version; answers it and whether the content is new. The same body again changes nothing."""
        latest = await self.contents.latest(content)
        given.check(f"content {content!r}", latest.version if latest else None)
        if latest is not None and latest.body == body:
            return latest, False
        await self._check(body)
        await self._unused(content)
        await self._keep(body)
        version = latest.version + 1 if latest else await self.contents.fresh(content)
        at = await self.clock.now()
        added = await self.contents.add(content, version, body, at=at) if version else None
        if added is None:
            raise Changed(f"somebody else has just changed content {content!r}")
        return added, latest is None

    async def delete(self, content: str, given: Conditions) -> None:
        """Raises `NamedByFlows` while a flow names it. Versions that were sent can be read still."""
        latest = await self.contents.latest(content)
        if latest is None:
            raise NotFound("content", content)
        given.check(f"content {content!r}", latest.version)
        if flows := await self.flows.naming(content):
            raise NamedByFlows(
                f"content {content!r} is named by {', '.join(flows)}; take it out of there first",
                flows=list(flows),
            )
        if not await self.contents.delete(content, latest.version, at=await self.clock.now()):
            raise Changed(f"somebody else has just changed content {content!r}")

    async def _keep(self, body: EmailContent) -> None:
        files = {each.file for each in body.attachments}
        if files and not await self.attachments.keep(files):
            raise Changed("an attachment has just gone; upload it once more")

    async def _check(self, body: EmailContent) -> None:
        known = {selection.id for selection in await self.selections.all()}
        found = [as_error(finding) for finding in self.lint(body)]
        found += [
            {"pointer": each.pointer, "detail": each.detail}
            for each in of_actions(body, known, await self.projects.known(projects_in(body)), self.lint_text)
        ]
        found += [
            {"pointer": each.pointer, "detail": each.detail} for each in await self._of_attachments(body)
        ]
        if found:
            raise Invalid(found)

    async def _of_attachments(self, body: EmailContent) -> list[Complaint]:
        """What is wrong with the files that it names."""
        known = await self.attachments.many({each.file for each in body.attachments})
        return [*gone(body.attachments, known), *too_large(body.attachments, known)]

    async def _unused(self, content: str) -> None:
        if flows := await self.flows.running_with(content):
            raise InUse(
                f"content {content!r} is used by {', '.join(flows)}; pause first, or make another content",
                flows=list(flows),
            )


def projects_in(body: EmailContent) -> set[str]:
    links = [link for link in body.links.values() if isinstance(link, TrackedLink)]
    return {project for link in links for project in projects_of(link.actions)}


def of_actions(
    body: EmailContent, selections: Collection[str], projects: Collection[str], lint: LintText
) -> Iterator[Complaint]:
    """What is wrong with the actions of its links."""
    for name, link in body.links.items():
        if isinstance(link, TrackedLink):
            for number, field, detail in problems_of(link.actions, selections, lint, projects):
                yield Complaint(("links", name, "actions", number, field), detail)


def gone(named: Sequence[Attachment], known: Mapping[str, StoredFile]) -> Iterator[Complaint]:
    for number, each in enumerate(named):
        if each.file not in known:
            yield Complaint(
                ("attachments", number, "file"), f"there is no file {each.file!r}; upload it first"
            )


def too_large(named: Sequence[Attachment], known: Mapping[str, StoredFile]) -> Iterator[Complaint]:
    size = sum(known[each.file].size for each in named if each.file in known)
    if size > MOST_BYTES:
        megabytes = 1024 * 1024
        detail = f"are {size / megabytes:.1f} MB together; a mail may carry {MOST_BYTES // megabytes} MB"
        yield Complaint(("attachments",), detail)


def as_error(finding: Finding) -> dict[str, str | int]:
    error: dict[str, str | int] = {"pointer": f"#/{finding.field}", "detail": finding.text}
    return error | ({"line": finding.line} if finding.line is not None else {})


def router(designs: ContentDesigns) -> APIRouter:
    routes = APIRouter(
        prefix="/v1/contents", tags=["contents"], dependencies=[Depends(require(Scope.CONTENT, Scope.MANAGE))]
    )

    @routes.get("")
    async def list_contents() -> ContentList:
        """All contents with their newest versions."""
        heads = await designs.contents.heads()
        return ContentList(items=[ContentLine(id=name, version=heads[name]) for name in sorted(heads)])

    @routes.get("/{content}")
    async def read_content(
        content: Annotated[Slug, Path()],
        response: Response,
        version: Annotated[int | None, Query(ge=1)] = None,
    ) -> ContentVersion:
        """The newest version, or the one that is asked for."""
        if version is None:
            found = await designs.contents.latest(content)
        else:
            found = await designs.contents.version(content, version)
        if found is None:
            raise NotFound("content", content if version is None else f"{content}:{version}")
        response.headers["ETag"] = etag(found.version)
        return found

    @routes.put("/{content}", responses={201: {"model": ContentVersion}})
    async def write_content(
        content: Annotated[Slug, Path()], body: EmailContent, given: Given, response: Response
    ) -> ContentVersion:
        """Create a content, or its next version (If-Match). Flows take it at their next run or resume."""
        written, created = await designs.put(content, body, given)
        response.status_code = 201 if created else 200
        response.headers["ETag"] = etag(written.version)
        return written

    @routes.delete("/{content}", dependencies=[Depends(require(Scope.MANAGE))], status_code=204)
    async def delete_content(content: Annotated[Slug, Path()], given: Given) -> None:
        """Delete a content that no flow names (If-Match). What was sent of it is still read by its version."""
        await designs.delete(content, given)

    return routes
