"""A story told in memory and the same one lived through by the real services come to the same end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from common.adapters.flow_files import Bundle, load
from common.domain.caps import Cap
from common.domain.story import Happening, Story
from services.command_line.stories.stage import Stage
from services.command_line.stories.telling import play
from tests.integration.services.engine import Engine

EXAMPLES = Path(__file__).parents[3] / "examples"
COLLEAGUES = ("5", "17", "23", "40")
"""Whom the examples name as users of the CRM."""


async def lived(engine: Engine, bundle: Bundle, story: Story) -> None:
    for name, selection in bundle.selections.items():
        await engine.ask("PUT", f"/v1/selections/{name}", json=selection.model_dump(mode="json"))
    for name, content in bundle.contents.items():
        await engine.call("PUT", f"/v1/contents/{name}", json=content.model_dump(mode="json"))
    for name, flow in bundle.flows.items():
        await engine.call("PUT", f"/v1/flows/{name}", json=flow.model_dump(mode="json", exclude_unset=True))
    for name in bundle.flows:
        await engine.act(name, "run")
    await capped(engine, story.caps)
    await staffed(engine)
    if story.contacts:
        people = [person.model_dump(mode="json", exclude_unset=True) for person in story.contacts]
        await engine.call("PUT", "/v1/contacts", json=people)
    for at, what in story.timed():
        await engine.pass_(seconds=(at - await engine.now()).total_seconds())
        await comes_about(engine, what)
    await engine.pass_(seconds=(story.over - await engine.now()).total_seconds())


async def staffed(engine: Engine) -> None:
    """Stories know every colleague; here they have to be there."""
    people = [{"id": user, "name": user, "email": f"{user}@example.org"} for user in COLLEAGUES]
    await engine.call("PUT", "/v1/users", json=people)


async def capped(engine: Engine, caps: Sequence[Cap]) -> None:
    tag = (await engine.ask("GET", "/v1/caps")).headers.get("ETag")
    body = {"caps": [cap.model_dump(mode="json") for cap in caps]}
    await engine.call("PUT", "/v1/caps", json=body, headers={"If-Match": tag} if tag else {})


async def comes_about(engine: Engine, what: Happening) -> None:
    if what.act is not None:
        act, flow = what.act
        await engine.act(flow, act.value)
    elif what.suggest is not None:
        await engine.suggests(what.suggest, str(what.contact))
    else:
        await engine.happens(str(what.event), str(what.contact), **what.data)


async def from_the_engine(engine: Engine, bundle: Bundle) -> dict[str, Any]:
    rows = [row for flow in bundle.flows for row in await engine.passages(flow)]
    here = {"flow": {"$in": list(bundle.flows)}}
    effects = [row async for row in engine.database["effects"].find(here)]
    decisions = [row async for row in engine.database["decisions"].find(here)]
    return {
        "decisions": sorted(shape(row) for row in decisions),
        "effects": sorted((row["contact"], row["step"], row["state"], row["planned_at"]) for row in effects),
        "passages": sorted(
            (row["contact"], row["status"], row["step"], row["reason"] or "", moment(row["enrolled_at"]))
            for row in rows
        ),
    }


def from_the_stage(stage: Stage) -> dict[str, Any]:
    people = stage.participants.rows.values()
    return {
        "decisions": sorted(shape(row.model_dump(mode="json")) for row in stage.decisions.rows),
        "effects": sorted((e.contact, e.step, e.state, e.planned_at) for e in stage.effects.rows.values()),
        "passages": sorted((p.contact, p.status, p.step, p.reason or "", p.enrolled_at) for p in people),
    }


def shape(row: Mapping[str, Any]) -> Any:
    """What was decided about whom, and when, without names that are made anew each time."""
    entries = [(entry["step"], entry["did"]) for entry in row["entries"]]
    return row["contact"], row["flow"], moment(row["at"]), row["verdict"], row.get("reason") or "", entries


def moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def together(bundle: Bundle, start: datetime) -> Story:
    """All stories of a file as one, so that its flows run once; their people are not the same."""
    stories = [story.but(start=start) for story in bundle.stories.values()]
    timed = sorted(((at, what) for story in stories for at, what in story.timed()), key=lambda each: each[0])
    return Story(
        name="All of them",
        start=start,
        caps=stories[0].caps,
        contacts=[person for story in stories for person in story.contacts],
        events=[what.but(at=at) for at, what in timed],
        expect=[expected for story in stories for expected in story.expect],
    )


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
async def test_a_story_ends_as_it_does_in_the_real_engine(engine: Engine, path: Path) -> None:
    bundle = load(path)
    story = together(bundle, await engine.now())
    stage = await play(story, bundle.flows)

    await lived(engine, bundle, story)

    real, told = await from_the_engine(engine, bundle), from_the_stage(stage)
    assert real["passages"] == told["passages"]
    assert real["effects"] == told["effects"]
    assert real["decisions"] == told["decisions"]
