"""Views `report_flows`, `report_versions`, `report_contents`, `report_contacts`: what facts are about,
as it stands now.

They copy nothing, so a forgotten contact is in none of them from that moment on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from common.adapters.mongo.client import Document
from common.adapters.mongo.contacts import CONTACTS
from common.adapters.mongo.contents import CONTENTS, THERE
from common.adapters.mongo.flow_versions import VERSIONS
from common.adapters.mongo.flows import FLOWS


@dataclass(frozen=True, slots=True)
class View:
    """Rows made of one collection's, field by field; of those alone that are `where`."""

    of: str
    fields: Document
    where: Document | None = None

    @property
    def pipeline(self) -> list[Document]:
        chosen: list[Document] = [{"$match": self.where}] if self.where else []
        return [*chosen, {"$project": self.fields}]


def or_else(field: str, otherwise: object) -> Document:
    return {"$ifNull": [field, otherwise]}


VIEWS: Mapping[str, View] = {
    "report_flows": View(
        FLOWS,
        {
            "name": "$draft.name",
            "folder": or_else("$draft.folder", ""),
            "owner": or_else("$draft.owner", ""),
            "state": 1,
            "run": 1,
            "timezone": or_else("$draft.timezone", "UTC"),
            "updated_at": 1,
            "deleted_at": 1,
        },
    ),
    "report_versions": View(
        VERSIONS,
        {
            "flow": 1,
            "version": 1,
            "name": "$document.name",
            "timezone": or_else("$document.timezone", "UTC"),
            "frozen_at": 1,
        },
    ),
    "report_contents": View(
        CONTENTS,
        {
            "content": 1,
            "version": 1,
            "name": "$body.name",
            "subject": "$body.subject",
            "created_at": 1,
        },
        where=THERE,
    ),
    "report_contacts": View(
        CONTACTS,
        {
            "first_name": 1,
            "last_name": 1,
            "email": 1,
            "mobile": 1,
            "company_name": "$company.name",
            "country": 1,
            "language": 1,
            "category": 1,
            "company": "$company.id",
            "company_country": "$company.country",
            "company_category": "$company.category",
            "retired": or_else("$retired", False),
            "no_mailing": or_else("$no_mailing", False),
        },
    ),
}
