"""Versions and copies over the API."""

from tests.integration.studio.conftest import Client
from tests.integration.studio.test_flows import problem, set_up, somebody_inside, winback
from tests.support.flows import a_flow, line


async def test_versions_are_listed_read_and_compared(studio: Client) -> None:
    await set_up(studio)
    await studio.done("winback", "run")
    await studio.done("winback", "pause")
    longer = a_flow("Win them back").wait("month", days=31).mail("thanks").wait("more", days=1).build()
    await studio.flow("winback", longer)
    await studio.done("winback", "resume")

    page = await studio.read("/v1/flows/winback/versions?limit=1")
    assert [(row["version"], row["name"]) for row in page["items"]] == [(2, "Win them back")]
    rest = await studio.read(f"/v1/flows/winback/versions?before={page['next']}")
    assert [(row["version"], row["name"]) for row in rest["items"]] == [(1, "Win back")]
    assert rest["next"] is None

    assert (await studio.read("/v1/flows/winback/versions/1"))["document"]["name"] == "Win back"
    changes = await studio.read("/v1/flows/winback/versions/2/changes")
    assert changes["settings"] == ["name"]
    assert [(row["step"], row["change"]) for row in changes["steps"]] == [
        ("month", "changed"),
        ("more", "added"),
    ]
    assert (await studio.read("/v1/flows/winback/versions/1/changes"))["steps"] == []
    problem(await studio.ask("GET", "/v1/flows/winback/versions/3/changes"), 404, "not-found")
    problem(await studio.ask("GET", "/v1/flows/none/versions"), 404, "not-found")


async def test_where_people_stand_is_counted_by_step(studio: Client) -> None:
    await set_up(studio)
    await studio.done("winback", "run")
    await somebody_inside(studio.process, step="month")

    assert (await studio.read("/v1/flows/winback/standing"))["steps"] == {"month": 1}


async def test_a_copy_has_contents_of_its_own_and_does_not_run(studio: Client) -> None:
    await set_up(studio)
    click = {"kind": "link_clicked", "link": "offer", "content": "thanks"}
    await studio.flow("winback", a_flow("Win back").mail("thanks").wait_for(click, step_id="w").build())
    await studio.done("winback", "run")

    answer = await studio.ask("POST", "/v1/flows/winback/copy", json={"id": "again"})
    assert answer.status_code == 201, answer.text
    copy = answer.json()
    assert (copy["state"], copy["version"], copy["draft"]["name"]) == ("not_running", 0, "Win back (copy)")
    mail, wait = copy["draft"]["steps"]
    assert (mail["content"], wait["actions"][0]["content"]) == ("again-thanks", "again-thanks")
    assert (await studio.read("/v1/contents/again-thanks"))["body"]["subject"] == "Hello"
    await studio.done("again", "run")
    problem(await studio.ask("POST", "/v1/flows/winback/copy", json={"id": "again"}), 409, "taken")


async def test_a_copy_may_share_the_contents(studio: Client) -> None:
    await set_up(studio)

    body = {"id": "again", "name": "Once more", "share_contents": True}
    draft = (await studio.ask("POST", "/v1/flows/winback/copy", json=body)).json()["draft"]

    assert (draft["name"], draft["steps"]) == ("Once more", winback().model_dump(mode="json")["steps"])


async def test_a_content_is_copied_for_a_step_that_is_duplicated(studio: Client) -> None:
    await set_up(studio)

    assert (await studio.ask("POST", "/v1/contents/thanks/copy", json={"id": "more"})).status_code == 201
    assert (await studio.read("/v1/contents/more"))["version"] == 1
    problem(await studio.ask("POST", "/v1/contents/thanks/copy", json={"id": "more"}), 409, "taken")
    problem(await studio.ask("POST", "/v1/contents/gone/copy", json={"id": "x"}), 404, "not-found")


async def test_warnings_keep_nothing_from_running(studio: Client) -> None:
    await set_up(studio)
    order = {"kind": "order_placed"}
    twice = a_flow("Win back").triggered_by(order, order).mail("thanks").build()
    await studio.flow("winback", twice)

    told = (await studio.ask("POST", "/v1/flows/winback/validate")).json()
    assert (told["valid"], [row["field"] for row in told["warnings"]]) == (True, ["triggers[1]"])
    await studio.done("winback", "run")


async def test_lists_have_to_be_there_and_forms_and_types_may_be_elsewhere(studio: Client) -> None:
    await set_up(studio)
    email = {"from_name": "Mill", "from_address": "mill@example.org", "subscription_type": "news"}
    joined = {"kind": "added_to_project", "project": "talks"}
    listed = {"kind": "added_to_selection", "selection": "vip"}
    asked = {"kind": "form_submitted", "form": "rsvp"}
    flow = a_flow("Talks").having(email=email).triggered_by(joined, asked).succeeding_by(listed).wait(days=1)
    await studio.flow("talks", flow.build())

    told = (await studio.ask("POST", "/v1/flows/talks/validate")).json()
    assert [row["field"] for row in told["problems"]] == [
        "triggers[0].project",
        "success.criteria[0].selection",
    ]
    assert [row["field"] for row in told["warnings"]] == ["email.subscription_type", "triggers[1].form"]

    for path in ("projects/talks", "selections/vip", "subscription-types/news"):
        assert (await studio.ask("PUT", f"/v1/{path}", json={"name": path})).status_code == 201
    told = (await studio.ask("POST", "/v1/flows/talks/validate")).json()
    assert (told["valid"], [row["field"] for row in told["warnings"]]) == (True, ["triggers[1].form"])
    await studio.done("talks", "run")


async def test_users_whom_nobody_knows_here_are_warned_of_until_they_come(studio: Client) -> None:
    await set_up(studio)
    flow = (
        a_flow("Win back")
        .having(owner="17")
        .step("create_request", "ask", subject="Call", owner="user", user="9")
    )
    await studio.flow("winback", flow.build())

    async def warned() -> list[tuple[str | None, str]]:
        told = (await studio.ask("POST", "/v1/flows/winback/validate")).json()
        return [(row["step"], row["field"]) for row in told["warnings"]]

    assert await warned() == [(None, "owner"), ("ask", "user")]
    people = [{"id": user, "name": user} for user in ("17", "9")]
    assert (await studio.ask("PUT", "/v1/users", json=people)).status_code == 200
    assert await warned() == []


async def test_links_and_fields_that_nothing_here_has_are_warned_of(studio: Client) -> None:
    await set_up(studio)
    page = {"elements": [{"kind": "text", "id": "town", "label": "Town"}]}
    await studio.ask("PUT", "/v1/forms/where", json={"name": "Where", "pages": [page]})
    links = {"offer": {"to": "https://example.org"}}
    html = '<a href="{{ links.offer }}">x</a>'
    content = {"name": "linked", "subject": "s", "html": html, "links": links}
    assert (await studio.ask("PUT", "/v1/contents/linked", json=content)).status_code == 201
    lines = [line(f"event.fields.{name}", "is", "x") for name in ("town", "twon")]
    flow = a_flow("Links").triggered_by(
        {"kind": "form_submitted", "form": "where", "conditions": lines},
        {"kind": "link_clicked", "link": "offer", "content": "linked"},
        {"kind": "link_clicked", "link": "ofer"},
    )
    await studio.flow("links", flow.wait(days=1).build())

    told = (await studio.ask("POST", "/v1/flows/links/validate")).json()

    assert [row["field"] for row in told["warnings"]] == ["triggers[0].conditions", "triggers[2].link"]


async def test_what_forms_and_links_do_besides_is_warned_of(studio: Client) -> None:
    await set_up(studio)
    await studio.ask("PUT", "/v1/selections/leads", json={"name": "Leads"})
    joins = {"kind": "add_to_selection", "selection": "leads"}
    page = {"elements": [{"kind": "text", "id": "town", "label": "Town"}]}
    form = {"name": "Contact me", "pages": [page], "actions": [joins, joins]}
    assert (await studio.ask("PUT", "/v1/forms/contact-me", json=form)).status_code == 201
    html = '<a href="{{ links.offer }}">x</a> <a href="www.example.org">y</a>'
    links = {"offer": {"to": "https://example.org", "actions": [joins]}}
    content = {"name": "acting", "subject": "s", "html": html, "links": links}
    assert (await studio.ask("PUT", "/v1/contents/acting", json=content)).status_code == 201
    triggers = [{"kind": "form_submitted", "form": "contact-me"}, {"kind": "link_clicked", "link": "offer"}]
    flow = a_flow("Win back").triggered_by(*triggers).mail("acting").add_to("leads", "join").build()
    await studio.flow("winback", flow)

    told = (await studio.ask("POST", "/v1/flows/winback/validate")).json()

    assert told["valid"]
    assert [(row["step"], row["field"], row["detail"].split(":")[0]) for row in told["warnings"]] == [
        (None, "triggers[0]", "form 'contact-me' has actions of its own, done besides what this flow does"),
        (
            None,
            "triggers[1]",
            "link 'offer' of 'acting' has actions of its own, done besides what this flow does",
        ),
        (None, "triggers[0]", "form 'contact-me' does the same twice"),
        (None, "triggers[1]", "form 'contact-me' and link 'offer' of 'acting' do the same"),
        ("join", "kind", "form 'contact-me' does the same as this step"),
        ("join", "kind", "link 'offer' of 'acting' does the same as this step"),
        ("acting", "content", "in 'acting'"),
    ]
