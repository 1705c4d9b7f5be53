"""`/v1/projects`: the projects that steps, splits and actions may name. Who is on one is changed by events."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from common.domain.access import ApiKey, Scope
from common.domain.model import Model, Slug
from common.domain.project import Project, ProjectData
from common.ports import Clock, Projects
from common.runtime.keys import require
from common.runtime.problems import Changed, NotFound
from services.studio.etags import Conditions, Given, etag

ProjectId = Annotated[Slug, Path(description="The project's id.")]
Manager = Annotated[ApiKey, Depends(require(Scope.MANAGE))]
Editor = Annotated[ApiKey, Depends(require(Scope.CONTENT, Scope.MANAGE))]


class ProjectList(Model):
    items: list[Project]


async def put(
    projects: Projects, clock: Clock, project: str, data: ProjectData, given: Conditions
) -> tuple[Project, bool]:
    """Create or change; answers the project and whether it is new. The same data again changes nothing."""
    stored = await projects.get(project)
    given.check(f"project {project!r}", stored.revision if stored else None)
    now = await clock.now()
    if stored is None:
        created = await projects.create(project, data, at=now)
        if created is None:
            raise Changed(f"somebody else has just created project {project!r}")
        return created, True
    if (stored.name, stored.description) == (data.name, data.description):
        return stored, False
    changed: Project = stored.but(
        revision=stored.revision + 1, updated_at=now, name=data.name, description=data.description
    )
    if not await projects.save(changed, read=stored.revision):
        raise Changed(f"somebody else has just changed project {project!r}")
    return changed, False


def router(projects: Projects, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/v1/projects", tags=["projects"])

    @routes.get("")
    async def list_projects(key: Editor) -> ProjectList:
        """All projects that were named here; those that only a CRM knows are not among them."""
        return ProjectList(items=list(await projects.all()))

    @routes.get("/{project}")
    async def read_project(key: Editor, project: ProjectId, response: Response) -> Project:
        stored = await projects.get(project)
        if stored is None:
            raise NotFound("project", project)
        response.headers["ETag"] = etag(stored.revision)
        return stored

    @routes.put("/{project}", responses={201: {"model": Project}})
    async def write_project(
        key: Manager, project: ProjectId, data: ProjectData, given: Given, response: Response
    ) -> Project:
        """Create a project, or change its name or description (If-Match)."""
        written, created = await put(projects, clock, project, data, given)
        response.status_code = 201 if created else 200
        response.headers["ETag"] = etag(written.revision)
        return written

    return routes
