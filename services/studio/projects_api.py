"""`/v1/projects`: the projects that steps, splits and actions may name. Who is on one is changed by events."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from common.domain.access import ApiKey, Scope
from common.domain.model import Model, Slug
from common.domain.project import Project, ProjectData
from common.ports import Clock, Projects
from common.runtime.keys import require
from common.runtime.problems import NotFound
from services.studio.etags import Given, etag
from services.studio.writing import put

ProjectId = Annotated[Slug, Path(description="The project's id.")]
Manager = Annotated[ApiKey, Depends(require(Scope.MANAGE))]
Editor = Annotated[ApiKey, Depends(require(Scope.CONTENT, Scope.MANAGE))]


class ProjectList(Model):
    items: list[Project]


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
        written, created = await put(projects, clock, "project", project, data, given)
        response.status_code = 201 if created else 200
        response.headers["ETag"] = etag(written.revision)
        return written

    return routes
