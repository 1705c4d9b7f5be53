"""What people see of flows: on every route, by owner, group and sharing (domain.md §3, §10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest_asyncio

from common.adapters.mongo.users import MongoUsers
from common.domain.access import Scope
from common.domain.flow import Audience, Visibility
from common.domain.visibility import Viewer
from common.runtime.sight import Sight
from tests.integration.services.engine import Engine
from tests.support.flows import FlowBuilder, a_flow

PEOPLE = {"ann": "sales", "ben": "sales", "cid": "support", "dot": ""}


@dataclass
class People:
    """Each with a key of every scope."""

    engine: Engine
    keys: Mapping[str, str]

    async def ask(self, user: str, method: str, path: str, **request: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[user]}"} | request.pop("headers", {})
        return await self.engine.ask(method, path, headers=headers, **request)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(engine: Engine) -> People:
    users = [{"id": user, "name": user, "group": group} for user, group in PEOPLE.items()]
    await engine.call("PUT", "/v1/users", json=users)
    keys = {}
    for user in PEOPLE:
        body = {"name": user, "scopes": list(Scope), "user": user}
        keys[user] = (await engine.call("POST", "/v1/keys", json=body))["key"]
    return People(engine, keys)


def a_flow_of(owner: str, visible_for: str, **shared_with: list[str]) -> FlowBuilder:
    flow = a_flow().triggered_by({"kind": "manual"}).wait("rest", days=7)
    return flow.having(owner=owner, visible_for=visible_for, shared_with=shared_with)


async def seen_by(people: People, user: str, prefix: str) -> list[str]:
    page = (await people.ask(user, "GET", "/v1/flows", params={"search": prefix})).json()
    return [line["id"] for line in page["items"]]


async def test_owner_group_and_everybody_see_what_is_meant_for_them(engine: Engine, people: People) -> None:
    await engine.design("vis-own", a_flow_of("ann", "owner"))
    await engine.design("vis-group", a_flow_of("ann", "group"))
    await engine.design("vis-all", a_flow_of("ann", "all"))
    await engine.design("vis-shared", a_flow_of("ann", "owner", users=["dot"], groups=["support"]))

    assert await seen_by(people, "ann", "vis-") == ["vis-all", "vis-group", "vis-own", "vis-shared"]
    assert await seen_by(people, "ben", "vis-") == ["vis-all", "vis-group"]
    assert await seen_by(people, "cid", "vis-") == ["vis-all", "vis-shared"]
    assert await seen_by(people, "dot", "vis-") == ["vis-all", "vis-shared"]


async def test_the_query_sees_what_the_rule_sees(engine: Engine, people: People) -> None:
    sight = Sight(engine.process.stored_flows, MongoUsers(engine.database))
    flows = {}
    audiences: list[dict[str, list[str]]] = [
        {},
        {"users": ["cid"]},
        {"groups": ["support"]},
        {"groups": [""]},
    ]
    for number, (owner, visible_for, shared) in enumerate(product(["", "ann", "dot"], Visibility, audiences)):
        flows[f"rule-{number}"] = a_flow_of(owner, visible_for, **shared)
        await engine.design(f"rule-{number}", flows[f"rule-{number}"])
    keys = {key.user: key for key in await engine.process.keys._keys.all() if key.user}
    for user in PEOPLE:
        viewer = await sight.viewer(keys[user])
        assert isinstance(viewer, Viewer)
        hidden = {name for name, flow in flows.items() if not viewer.sees(flow.build())}
        assert await sight.hidden(keys[user], flows) == hidden


async def test_every_route_that_names_a_flow_hides_it_from_who_does_not_see_it(
    engine: Engine, people: People
) -> None:
    """Whatever routes there are: those that come later, too."""
    await engine.runs("vis-hidden", a_flow_of("ann", "owner"))
    await engine.contacts("vis-1")
    await engine.suggests("vis-hidden", "vis-1")
    filled = {"version": "1", "content": "hello", "bulk": "b", "form": "f"}
    tried = 0
    for path, methods in engine.face.openapi()["paths"].items():
        for method, route in methods.items():
            query = [p["name"] for p in route.get("parameters", []) if p["in"] == "query"]
            if "{flow}" not in path and "flow" not in query:
                continue
            address = path.format(flow="vis-hidden", **filled)
            params = {"flow": "vis-hidden", "contact": "vis-1"} if "flow" in query else {}
            answer = await people.ask("ben", method.upper(), address, params=params, json={})
            assert answer.status_code == 404, (method, path, answer.status_code, answer.text)
            tried += 1
    assert tried > 15


async def test_flows_named_in_bodies_and_lists_of_many_are_hidden_too(engine: Engine, people: People) -> None:
    await engine.runs("vis-body", a_flow_of("ann", "owner"))
    await engine.runs("vis-mine", a_flow_of("ben", "owner"))
    await engine.contacts("vis-2")
    await engine.suggests("vis-body", "vis-2")
    await engine.suggests("vis-mine", "vis-2")
    hidden = (await engine.passages("vis-body"))[0]["id"]
    mine = (await engine.passages("vis-mine"))[0]["id"]
    bulk = {"flow": "vis-body", "selection": "done", "id": "vis-bulk"}
    started = await engine.call("POST", "/v1/enrolments/bulk", json=bulk)
    await engine.drain()

    suggest = {"kind": "suggest_for_flow", "flow": "vis-body"}
    for method, path, body in (
        ("POST", "/v1/enrolments", {"flow": "vis-body", "contacts": ["vis-2"], "id": "x"}),
        ("POST", "/v1/enrolments/bulk", bulk),
        ("GET", f"/v1/enrolments/bulk/{started['id']}", None),
        ("POST", f"/v1/enrolments/bulk/{started['id']}/cancel", None),
        ("POST", "/v1/participants/tasks", {"flow": "vis-body", "task": {"kind": "remove"}, "matching": {}}),
        ("POST", "/v1/participants/tasks", {"flow": "vis-mine", "task": suggest, "participants": [mine]}),
        ("DELETE", f"/v1/participants/{hidden}", None),
        ("GET", "/v1/reports/comparison?flow=vis-mine&flow=vis-body", None),
    ):
        answer = await people.ask("ben", method, path, json=body)
        assert answer.status_code == 404, (method, path, answer.text)

    told = (await people.ask("ben", "GET", "/v1/why", params={"contact": "vis-2"})).json()
    assert {decision["flow"] for decision in told["decisions"]} == {"vis-mine"}
    reports = (await people.ask("ben", "GET", "/v1/reports/flows", params={"limit": 500})).json()
    assert "vis-body" not in {line["flow"] for line in reports["items"]}
    bulks = (await people.ask("ben", "GET", "/v1/enrolments/bulk")).json()
    assert started["id"] not in {each["id"] for each in bulks["items"]}
    assert (await people.ask("ann", "GET", f"/v1/enrolments/bulk/{started['id']}")).status_code == 200


async def test_nobody_saves_a_flow_out_of_their_own_sight(engine: Engine, people: People) -> None:
    body = a_flow_of("ann", "owner").build().model_dump(mode="json")
    answer = await people.ask("ben", "PUT", "/v1/flows/vis-lost", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/visible_for")


async def test_a_person_s_key_reaches_neither_operations_nor_other_people_s_rights(
    engine: Engine, people: People
) -> None:
    for method, path, body in (
        ("GET", "/v1/operations/stuck", None),
        ("PUT", "/v1/users/ben", {"name": "ben", "group": "support"}),
        ("POST", "/v1/keys", {"name": "all", "scopes": ["manage"]}),
        ("POST", "/v1/keys", {"name": "ann", "scopes": ["manage"], "user": "ann"}),
    ):
        answer = await people.ask("ben", method, path, json=body, headers={"If-Match": "*"})
        assert answer.status_code == 403, (method, path, answer.text)
    own = await people.ask(
        "ben", "POST", "/v1/keys", json={"name": "b", "scopes": ["reports"], "user": "ben"}
    )
    assert own.status_code == 201
    assert {each["user"] for each in (await people.ask("ben", "GET", "/v1/keys")).json()["items"]} == {"ben"}


async def test_a_content_editor_sees_flows_and_writes_contents_but_no_flow(engine: Engine) -> None:
    """The table of domain.md §10."""
    await engine.design("vis-rights", a_flow_of("ann", "all"))
    key = {"Authorization": f"Bearer {await engine.key(Scope.CONTENT)}"}
    content = {"name": "n", "subject": "s", "html": "<p>x</p>"}
    flow = a_flow_of("", "all").build().model_dump(mode="json")

    async def status(method: str, path: str, body: Any = None) -> int:
        headers = key | {"If-Match": "*"} if method == "DELETE" else key
        return (await engine.ask(method, path, json=body, headers=headers)).status_code

    assert await status("GET", "/v1/flows") == await status("GET", "/v1/flows/vis-rights") == 200
    assert await status("GET", "/v1/flows/vis-rights/standing") == 200
    assert await status("PUT", "/v1/contents/vis-content", content) == 201
    assert await status("PUT", "/v1/flows/vis-new", flow) == 403
    for act in ("run", "pause", "resume", "end"):
        assert await status("POST", f"/v1/flows/vis-rights/{act}") == 403
    assert await status("DELETE", "/v1/flows/vis-rights") == 403
    assert await status("GET", "/v1/participants?flow=vis-rights") == 403


def test_whoever_is_in_no_group_has_no_colleagues() -> None:
    flow = a_flow_of("", "group", groups=[""]).build()
    assert flow.shared_with == Audience(groups=[""])
    assert not Viewer("dot").sees(flow)
