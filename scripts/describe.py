"""Write what the code says of its interfaces: OpenAPI of each service, AsyncAPI of the events for other systems,
the tables for analysts, JSON Schemas of flows and stories.

`--check` writes nothing, and fails where docs/ says something else. No server is needed.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from inspect import cleandoc
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import SecretStr

from common.adapters.mongo.client import connect
from common.adapters.mongo.keys import MongoKeys
from common.adapters.no_courier import NoCourier
from common.domain.flow_schema import flow_schema
from common.domain.report_tables.page import table_page
from common.domain.story import story_schema
from common.messages.happened import Fact, Happened
from common.messages.outside import CONTENT_TYPE, EXCHANGE, OutsideEvent
from common.runtime.serve import api
from common.runtime.settings import Settings, SmtpSettings
from services.all_in_one import SERVICES
from services.process import Parts, Process, assemble, put_together
from services.studio import app as studio
from services.studio.api import routers

DOCS = Path(__file__).parents[1] / "docs"
SCHEMAS = "#/components/schemas/{model}"
SETTINGS = Settings(
    secret=SecretStr("for descriptions only, signs nothing at all"),
    smtp=SmtpSettings(url=SecretStr("smtp://localhost")),
)

Schema = dict[str, Any]


def main() -> int:
    texts = asyncio.run(descriptions())
    if "--check" in sys.argv:
        found = stale(texts)
        sys.stderr.writelines(f"{path} is not what the code says: make describe\n" for path in found)
        return 1 if found else 0
    for path in stale(texts):
        if path in texts:
            (DOCS / path).parent.mkdir(exist_ok=True)
            (DOCS / path).write_text(texts[path])
        else:
            (DOCS / path).unlink()
    return 0


def stale(texts: Mapping[str, str]) -> list[str]:
    """Files below docs/ that are missing, say something else, or describe what is not there any more."""
    there = {f"openapi/{path.name}" for path in DOCS.glob("openapi/*.json")}
    wrong = {path for path, text in texts.items() if not same(DOCS / path, text)}
    return sorted(wrong | (there - texts.keys()))


def same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


async def descriptions() -> dict[str, str]:
    """The texts, by their path below docs/."""
    texts = {"asyncapi.yaml": yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=110)}
    texts["report-tables.md"] = table_page()
    texts["flow.schema.json"], texts["story.schema.json"] = as_json(flow_schema()), as_json(story_schema())
    async for name, document in openapi():
        texts[f"openapi/{name}.json"] = as_json(document)
    return texts


def as_json(document: Schema) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


async def openapi() -> AsyncIterator[tuple[str, Schema]]:
    """By service, the description of its HTTP interface; those without one are left out."""
    database = connect("mongodb://localhost", "headrace")
    process = put_together(SETTINGS, database, "describing", 1, NoCourier())
    async with process.closing:
        for service in SERVICES:
            parts = studio_parts(process) if service is studio else await service.parts(process)
            document = api(assemble(process, [parts]), SETTINGS).openapi()
            if document["paths"]:
                yield parts.name, document
    await database.client.close()


def studio_parts(process: Process) -> Parts:
    """Without the look for the first key."""
    return Parts(name="studio", routers=routers(studio.studio_on(process, MongoKeys(process.database))))


def asyncapi() -> Schema:
    """AsyncAPI 3.0 of the events that other systems hear of."""
    facts = {fact.__name__: fact for fact in get_args(get_args(Happened)[0])}
    messages: Schema = {}
    schemas: Schema = {}
    for name, fact in facts.items():
        payload, parts = envelope(fact)
        messages[name] = message(fact, payload)
        schemas |= parts
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Headrace events",
            "version": "1",
            "description": "What happened to participants, for other systems. Each event comes at least once: the "
            "same id again is a repeat. Order by `time`, not by arrival. A queue prefix goes before the name of the "
            "exchange.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {name: channel(fact, name) for name, fact in facts.items()},
        "operations": {
            f"tell{name}": {"action": "send", "channel": {"$ref": f"#/channels/{name}"}} for name in facts
        },
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


def channel(fact: type[Fact], name: str) -> Schema:
    exchange = {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": type_of(fact),
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def message(fact: type[Fact], payload: Schema) -> Schema:
    told = {"name": type_of(fact), "contentType": CONTENT_TYPE}
    if fact.__doc__:
        told["description"] = cleandoc(fact.__doc__)
    return told | {"payload": payload}


def envelope(fact: type[Fact]) -> tuple[Schema, Schema]:
    """The CloudEvent around one kind of fact, and the schemas that it refers to."""
    outer = as_sent(OutsideEvent.model_json_schema(mode="serialization"))
    inner = as_sent(fact.model_json_schema(mode="serialization", ref_template=SCHEMAS))
    schemas = inner.pop("$defs", {})
    del inner["properties"]["type"]
    inner["required"].remove("type")
    outer["properties"] |= {"type": {"const": type_of(fact)}, "data": inner}
    return outer, schemas


def as_sent(schema: Schema) -> Schema:
    """What has no value is left out, and never null."""
    given = {name: without_null(field) for name, field in schema["properties"].items()}
    empty = {name for name, field in schema["properties"].items() if field.get("default", ...) is None}
    needed = [name for name in given if name not in empty]
    kept = {name: value for name, value in schema.items() if name not in {"title", "description"}}
    return kept | {"properties": given, "required": needed}


def without_null(field: Schema) -> Schema:
    options = [option for option in field.get("anyOf", ()) if option != {"type": "null"}]
    kept = {name: value for name, value in field.items() if name not in {"anyOf", "default", "title"}}
    return kept | options[0] if len(options) == 1 else kept | ({"anyOf": options} if options else {})


def type_of(fact: type[Fact]) -> str:
    return str(fact.model_fields["type"].default)


if __name__ == "__main__":
    sys.exit(main())
