"""Collection `contents`: e-mail contents, immutable by version. The deletion of one is a version without a body."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from common.adapters.mongo.client import Database, Document, translated
from common.domain.content import ContentVersion, EmailContent

CONTENTS = "contents"

INDEXES: dict[str, list[IndexModel]] = {
    CONTENTS: [
        IndexModel(
            [("content", ASCENDING), ("version", DESCENDING), ("deleted_at", ASCENDING)],
            name="versions_and_deletions",
        )
    ]
}

DELETED = "deleted_at"
THERE: Document = {DELETED: None}


class MongoContents:
    def __init__(self, database: Database) -> None:
        self._contents = database[CONTENTS]

    async def version(self, content: str, version: int) -> ContentVersion | None:
        with translated():
            row = await self._contents.find_one({"_id": content_id(content, version)} | THERE)
        return to_content(row) if row else None

    async def latest(self, content: str) -> ContentVersion | None:
        row = await self._newest(content)
        return None if row is None or DELETED in row else to_content(row)

    async def _newest(self, content: str) -> Document | None:
        with translated():
            return await self._contents.find_one({"content": content}, sort=[("version", DESCENDING)])

    async def heads(self) -> dict[str, int]:
        """Every content's highest version, from the index alone."""
        group: list[Document] = [
            {"$sort": {"content": ASCENDING, "version": DESCENDING}},
            {
                "$group": {
                    "_id": "$content",
                    "version": {"$first": "$version"},
                    DELETED: {"$first": f"${DELETED}"},
                }
            },
            {"$match": THERE},
        ]
        with translated():
            cursor = await self._contents.aggregate(group)
            return {row["_id"]: row["version"] async for row in cursor}

    async def naming(self, form: str, ids: Collection[tuple[str, int]]) -> Sequence[tuple[str, int]]:
        """Which of these (content, version) lead to the form."""
        query: Document = {
            "_id": {"$in": [content_id(*each) for each in sorted(ids)]},
            "body.forms": form,
        }
        with translated():
            found = self._contents.find(query, {"content": 1, "version": 1})
            return [(row["content"], row["version"]) async for row in found]

    async def with_links(self, links: Collection[str]) -> Mapping[str, Collection[str]]:
        if not links:
            return {}
        newest = [content_id(*head) for head in (await self.heads()).items()]
        has: list[Document] = [{f"body.links.{link}": {"$exists": True}} for link in sorted(links)]
        found = defaultdict[str, list[str]](list)
        with translated():
            rows = self._contents.find({"_id": {"$in": newest}, "$or": has}, {"content": 1, "body.links": 1})
            async for row in rows:
                for link in row["body"]["links"].keys() & links:
                    found[link].append(row["content"])
        return found

    async def acting(self, link: str) -> Sequence[ContentVersion]:
        newest = [content_id(*head) for head in (await self.heads()).items()]
        acts: Document = {"_id": {"$in": newest}, f"body.links.{link}.actions.0": {"$exists": True}}
        with translated():
            return [to_content(row) async for row in self._contents.find(acts)]

    async def add(
        self, content: str, version: int, body: EmailContent, *, at: datetime
    ) -> ContentVersion | None:
        added = ContentVersion(content=content, version=version, body=body, created_at=at)
        return added if await self._insert(to_document(added)) else None

    async def fresh(self, content: str) -> int | None:
        row = await self._newest(content)
        if row is None:
            return 1
        return int(row["version"]) + 1 if DELETED in row else None

    async def delete(self, content: str, version: int, *, at: datetime) -> bool:
        gone = {"content": content, "version": version + 1, DELETED: at}
        return await self._insert({"_id": content_id(content, version + 1), **gone})

    async def _insert(self, row: Document) -> bool:
        """Whether there was no such version yet."""
        try:
            with translated():
                await self._contents.insert_one(row)
        except DuplicateKeyError:
            return False
        return True


def content_id(content: str, version: int) -> str:
    return f"{content}:{version}"


def to_document(content: ContentVersion) -> Document:
    return {
        "_id": content_id(content.content, content.version),
        **content.model_dump(exclude={"body"}),
        "body": content.body.model_dump(mode="json"),
    }


def to_content(row: Document) -> ContentVersion:
    del row["_id"]
    return ContentVersion.model_validate(row)
