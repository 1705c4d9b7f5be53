"""The JSON Schema of the flow document, for editors and for whoever writes flows by program."""

from functools import cache
from typing import Any

from common.domain.flow import Flow

SCHEMA_ID = "urn:headrace:schema:flow:1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def flow_schema() -> dict[str, Any]:
    """What a flow document may hold when it is written; drafts may be less complete than what can be run.

    Half a second the first time.
    """
    return {"$schema": DIALECT, "$id": SCHEMA_ID, **Flow.model_json_schema(), "title": "Headrace flow"}
