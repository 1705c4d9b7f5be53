"""`docs/flow.schema.json` is what editors are pointed to: the shape of a flow as the code has it."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from common.domain.flow import Flow
from common.domain.flow_schema import flow_schema
from common.domain.story import story_schema

PUBLISHED = Path(__file__).parents[2] / "docs" / "flow.schema.json"
STORIES = PUBLISHED.with_name("story.schema.json")
REMEDY = "write it anew: make describe"


def test_the_published_schema_is_that_of_the_code():
    assert json.loads(PUBLISHED.read_text()) == flow_schema(), REMEDY


def test_the_published_schema_of_stories_is_that_of_the_code():
    assert json.loads(STORIES.read_text()) == story_schema(), REMEDY


def test_it_knows_every_kind_of_step_that_a_flow_may_have():
    known = set(json.loads(PUBLISHED.read_text())["properties"]["steps"]["items"]["discriminator"]["mapping"])

    with pytest.raises(ValidationError) as refused:
        Flow.model_validate({"name": "x", "steps": [{"kind": "no such kind", "id": "a"}]})

    (error,) = refused.value.errors()
    assert known == {kind.strip(" '") for kind in error["ctx"]["expected_tags"].split(",")}
