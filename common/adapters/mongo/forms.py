"""Collections `forms` (immutable by version), `submissions`, `submission_files` (what was uploaded with each) and
`form_tallies` (how many submissions each form has had)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pymongo import ASCENDING, DESCENDING, IndexModel, InsertOne, UpdateOne
from pymongo.errors import DuplicateKeyError

from common.adapters.mongo.client import Database, Document, translated
from common.domain.forms.form import Form, FormVersion
from common.domain.forms.submission import Submission, SubmissionState
from common.ports import Write

FORMS = "forms"
SUBMISSIONS = "submissions"
FILES = "submission_files"
TALLIES = "form_tallies"

INDEXES: dict[str, list[IndexModel]] = {
    FORMS: [IndexModel([("form", ASCENDING), ("version", DESCENDING)], name="versions_of_a_form")],
    SUBMISSIONS: [
        IndexModel(
            [("state", ASCENDING), ("received_at", ASCENDING), ("_id", ASCENDING)],
            name="submissions_by_state",
        ),
        IndexModel(
            [("form", ASCENDING), ("received_at", ASCENDING), ("_id", ASCENDING)],
            name="submissions_of_a_form",
        ),
        IndexModel([("received_at", ASCENDING), ("_id", ASCENDING)], name="submissions_by_time"),
        IndexModel([("contact", ASCENDING)], name="submissions_of_a_contact"),
        IndexModel([("address", ASCENDING)], name="submissions_from_an_address"),
        IndexModel([("kept_at", ASCENDING)], name="submissions_by_age"),
    ],
    FILES: [],
    TALLIES: [],
}


class MongoForms:
    def __init__(self, database: Database) -> None:
        self._forms = database[FORMS]
        self._tallies = database[TALLIES]

    async def version(self, form: str, version: int) -> FormVersion | None:
        with translated():
            row = await self._forms.find_one({"_id": version_id(form, version)})
        return to_form(row) if row else None

    async def latest(self, form: str) -> FormVersion | None:
        with translated():
            row = await self._forms.find_one({"form": form}, sort=[("version", DESCENDING)])
        return to_form(row) if row else None

    async def heads(self) -> dict[str, int]:
        group: list[Document] = [
            {"$sort": {"form": ASCENDING, "version": DESCENDING}},
            {"$group": {"_id": "$form", "version": {"$first": "$version"}}},
        ]
        with translated():
            return {row["_id"]: row["version"] async for row in await self._forms.aggregate(group)}

    async def add(self, form: str, version: int, body: Form, *, at: datetime) -> FormVersion | None:
        """With a tally, so that submissions can be counted against a limit from the first one on."""
        added = FormVersion(form=form, version=version, body=body, created_at=at)
        try:
            with translated():
                none: Document = {"$setOnInsert": {"submissions": 0}}
                await self._tallies.update_one({"_id": form}, none, upsert=True)
                await self._forms.insert_one(to_document(added))
        except DuplicateKeyError:
            return None
        return added


class MongoSubmissions:
    def __init__(self, database: Database) -> None:
        self._submissions = database[SUBMISSIONS]
        self._files = database[FILES]
        self._tallies = database[TALLIES]

    async def get(self, submission: str) -> Submission | None:
        with translated():
            row = await self._submissions.find_one({"_id": submission})
        return to_submission(row) if row else None

    async def file(self, submission: str, element: str) -> bytes | None:
        with translated():
            row = await self._files.find_one({"_id": submission}, {element: 1})
        return row.get(element) if row else None

    async def listed(
        self,
        *,
        form: str | None = None,
        state: SubmissionState | None = None,
        now: datetime,
        after: str | None = None,
        limit: int = 50,
    ) -> Sequence[Submission]:
        query: Document = {"form": form} if form else {}
        query |= in_state(state, now) if state else {}
        if after is not None and (edge := await self.get(after)) is not None:
            same = {"received_at": edge.received_at, "_id": {"$gt": edge.id}}
            query["$or"] = [{"received_at": {"$gt": edge.received_at}}, same]
        with translated():
            rows = self._submissions.find(query).sort([("received_at", ASCENDING), ("_id", ASCENDING)])
            return [to_submission(row).as_at(now) async for row in rows.limit(limit)]

    async def received(self, form: str) -> int:
        with translated():
            row = await self._tallies.find_one({"_id": form})
        return int(row["submissions"]) if row else 0

    def insert(self, submission: Submission, files: Mapping[str, bytes], most: int | None) -> Sequence[Write]:
        counted: Document = {"_id": submission.form}
        if most is not None:
            counted["submissions"] = {"$lt": most}
        row = {**submission_document(submission), "kept_at": datetime.now(UTC)}
        writes = [
            Write(TALLIES, [UpdateOne(counted, {"$inc": {"submissions": 1}})], matches=1),
            Write(SUBMISSIONS, [InsertOne(row)]),
        ]
        if files:
            writes.append(Write(FILES, [InsertOne({"_id": submission.id, **files})]))
        return writes

    def save(self, submission: Submission, *, read: int) -> Write:
        changed = {"$set": submission_document(submission)}
        return Write(SUBMISSIONS, [UpdateOne({"_id": submission.id, "revision": read}, changed)], matches=1)


def in_state(state: SubmissionState, now: datetime) -> Document:
    """Expired ones are stored as awaiting their confirmation."""
    match state:
        case SubmissionState.EXPIRED:
            return {"state": SubmissionState.AWAITING_CONFIRMATION, "confirm_by": {"$lte": now}}
        case SubmissionState.AWAITING_CONFIRMATION:
            return {"state": state, "confirm_by": {"$gt": now}}
        case _:
            return {"state": state}


def version_id(form: str, version: int) -> str:
    return f"{form}:{version}"


def to_document(form: FormVersion) -> Document:
    body = form.body.model_dump(mode="json")
    return {"_id": version_id(form.form, form.version), **form.model_dump(exclude={"body"}), "body": body}


def to_form(row: Document) -> FormVersion:
    del row["_id"]
    return FormVersion.model_validate(row)


def submission_document(submission: Submission) -> Document:
    return {"_id": submission.id} | submission.model_dump(exclude={"id"})


def to_submission(row: Document) -> Submission:
    for name in ("kept_at", "erased"):
        row.pop(name, None)
    return Submission.model_validate({"id": row.pop("_id")} | row)
