import json

from common.domain.flow_schema import flow_schema
from common.domain.steps.step import steps


def test_the_schema_names_itself_and_every_kind_of_step():
    schema = flow_schema()

    assert schema["$id"].startswith("urn:headrace:")
    assert schema["title"] == "Headrace flow"
    text = json.dumps(schema)
    assert all(f'"const": "{kind}"' in text for kind in steps.members)


def test_fields_that_nobody_knows_are_refused_by_the_schema_too():
    assert flow_schema()["additionalProperties"] is False
