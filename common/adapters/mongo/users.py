"""Collection `users`: the CRM's users, by its ids. Which contacts belong to one is a field of the contact."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.errors import DuplicateKeyError

from common.adapters.mongo.client import Database, Document, translated
from common.domain.user import User, UserData
from common.ports import Uploaded

USERS = "users"
INDEXES: dict[str, list[IndexModel]] = {
    USERS: [IndexModel([("group", ASCENDING), ("_id", ASCENDING)], name="users_of_a_group")]
}


class MongoUsers:
    def __init__(self, database: Database) -> None:
        self._users = database[USERS]

    async def get(self, user: str) -> User | None:
        return (await self.many([user])).get(user)

    async def many(self, ids: Iterable[str]) -> Mapping[str, User]:
        with translated():
            found = self._users.find({"_id": {"$in": sorted(set(ids))}})
            return {row["_id"]: to_user(row) async for row in found}

    async def of_groups(self, groups: Iterable[str]) -> Sequence[User]:
        with translated():
            found = self._users.find({"group": {"$in": sorted(set(groups))}}).sort("_id", ASCENDING)
            return [to_user(row) async for row in found]

    async def page(self, *, group: str | None, after: str | None, limit: int) -> Sequence[User]:
        query: Document = {} if group is None else {"group": {"$eq": group}}
        if after is not None:
            query["_id"] = {"$gt": after}
        with translated():
            return [to_user(row) async for row in self._users.find(query).sort("_id", ASCENDING).limit(limit)]

    async def create(self, user: str, data: UserData, *, at: datetime) -> User | None:
        fresh = User(id=user, created_at=at, updated_at=at, **data.model_dump())
        try:
            with translated():
                await self._users.insert_one(to_document(fresh))
        except DuplicateKeyError:
            return None
        return fresh

    async def save(self, changed: User, *, read: int) -> bool:
        with translated():
            result = await self._users.replace_one(
                {"_id": changed.id, "revision": read}, to_document(changed)
            )
        return result.modified_count == 1

    async def upload(self, users: Mapping[str, UserData], *, at: datetime) -> Uploaded:
        """One bulk; each user's fields are set at once."""
        operations = [_upsert(user, data, at) for user, data in sorted(users.items())]
        if not operations:
            return Uploaded(created=0, changed=0)
        with translated():
            result = await self._users.bulk_write(operations, ordered=False)
        return Uploaded(created=result.upserted_count, changed=result.matched_count)

    async def remove(self, user: str) -> bool:
        with translated():
            return (await self._users.delete_one({"_id": user})).deleted_count == 1


def _upsert(user: str, data: UserData, at: datetime) -> UpdateOne:
    """Those given are set; the others get what they are unless told only where the user is new."""
    given = data.model_dump(exclude_unset=True)
    rest = {name: value for name, value in data.model_dump().items() if name not in given}
    change = {
        "$set": {**given, "updated_at": at},
        "$inc": {"revision": 1},
        "$setOnInsert": {**rest, "v": 1, "created_at": at},
    }
    return UpdateOne({"_id": user}, change, upsert=True)


def to_document(user: User) -> Document:
    return {"_id": user.id, **user.model_dump(exclude={"id"})}


def to_user(row: Document) -> User:
    return User.model_validate({"id": row.pop("_id")} | row)
