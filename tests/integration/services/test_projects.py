"""Projects: kept by name, known by their contacts, and asked for when a flow is to run."""

from tests.integration.services.engine import Engine
from tests.support.flows import a_flow


async def problems_of(engine: Engine, flow: str) -> list[tuple[str, str]]:
    told = await engine.call("POST", f"/v1/flows/{flow}/validate")
    return [(each["step"], each["detail"]) for each in told["problems"]]


async def test_a_project_is_created_read_changed_and_listed(engine: Engine) -> None:
    created = await engine.ask("PUT", "/v1/projects/fair", json={"name": "Fair"})
    assert created.status_code == 201
    assert (await engine.ask("PUT", "/v1/projects/fair", json={"name": "Other"})).status_code == 428
    old = {"If-Match": '"7"'}
    assert (await engine.ask("PUT", "/v1/projects/fair", json={"name": "X"}, headers=old)).status_code == 412
    read = {"If-Match": created.headers["ETag"]}
    changed = await engine.ask("PUT", "/v1/projects/fair", json={"name": "Autumn fair"}, headers=read)
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    assert "fair" in [each["id"] for each in (await engine.call("GET", "/v1/projects"))["items"]]
    assert (await engine.call("GET", "/v1/projects/fair"))["name"] == "Autumn fair"
    assert (await engine.ask("GET", "/v1/projects/none")).status_code == 404


async def test_a_flow_that_names_a_project_nobody_knows_does_not_run(engine: Engine) -> None:
    await engine.call("PUT", "/v1/projects/kept", json={"name": "Kept"})
    await engine.happens("project.added", "pro-1", project="from-the-crm")
    flow = a_flow().triggered_by({"kind": "manual"})
    for project in ("kept", "from-the-crm", "mispelt"):
        flow = flow.step("add_to_project", f"join-{project}", project=project)
    await engine.design("naming", flow)

    assert await problems_of(engine, "naming") == [("join-mispelt", "there is no project 'mispelt'")]


async def test_actions_of_forms_and_links_name_projects_that_are_there(engine: Engine) -> None:
    await engine.call("PUT", "/v1/projects/there", json={"name": "There"})
    actions = [{"kind": "add_to_project", "project": name} for name in ("there", "mispelt")]
    element = {"kind": "contact_field", "id": "email", "label": "E-mail", "field": "email"}
    form = {"name": "A form", "pages": [{"elements": [element]}], "actions": actions}
    link = {"to": "https://shop.example.org/", "actions": actions}
    content = {"name": "c", "subject": "c", "html": '<a href="{{ links.go }}">go</a>', "links": {"go": link}}
    for path, body, place in (
        ("/v1/forms/naming", form, "#/actions/1/project"),
        ("/v1/contents/naming", content, "#/links/go/actions/1/project"),
    ):
        refused = await engine.ask("PUT", path, json=body)
        assert refused.status_code == 422
        assert refused.json()["errors"] == [{"pointer": place, "detail": "there is no project 'mispelt'"}]
