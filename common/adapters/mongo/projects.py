"""Collection `projects`: names and descriptions. Membership is a field of the contact."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from common.adapters.mongo.client import Database, Document, translated
from common.adapters.mongo.contacts import CONTACTS
from common.domain.project import Project, ProjectData

PROJECTS = "projects"

INDEXES: dict[str, list[IndexModel]] = {PROJECTS: []}


class MongoProjects:
    def __init__(self, database: Database) -> None:
        self._projects = database[PROJECTS]
        self._contacts = database[CONTACTS]

    async def get(self, project: str) -> Project | None:
        with translated():
            row = await self._projects.find_one({"_id": project})
        return to_project(row) if row else None

    async def all(self) -> Sequence[Project]:
        with translated():
            return [to_project(row) async for row in self._projects.find().sort("_id", ASCENDING)]

    async def known(self, projects: Collection[str]) -> set[str]:
        with translated():
            found = self._projects.find({"_id": {"$in": sorted(projects)}}, {"_id": 1})
            listed = {row["_id"] async for row in found}
            others = sorted(set(projects) - listed)
            return listed | {name for name in others if await self._has_members(name)}

    async def _has_members(self, project: str) -> bool:
        return await self._contacts.find_one({"projects": {"$eq": project}}, {"_id": 1}) is not None

    async def create(self, project: str, data: ProjectData, *, at: datetime) -> Project | None:
        fresh = Project(id=project, created_at=at, updated_at=at, **data.model_dump())
        try:
            with translated():
                await self._projects.insert_one(to_document(fresh))
        except DuplicateKeyError:
            return None
        return fresh

    async def save(self, project: Project, *, read: int) -> bool:
        with translated():
            result = await self._projects.replace_one(
                {"_id": project.id, "revision": read}, to_document(project)
            )
        return result.modified_count == 1


def to_document(project: Project) -> Document:
    return {"_id": project.id, **project.model_dump(exclude={"id"})}


def to_project(row: Document) -> Project:
    return Project.model_validate({"id": row.pop("_id")} | row)
