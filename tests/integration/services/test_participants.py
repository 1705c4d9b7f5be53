"""Participants and explanations as operators read them, and removal by hand."""

from datetime import timedelta

from tests.integration.services.engine import Engine
from tests.support.flows import IS_CUSTOMER, a_flow, country_is


async def test_participants_come_page_by_page(engine: Engine) -> None:
    await engine.runs("paged", a_flow().triggered_by({"kind": "manual"}).wait("rest", days=7))
    people = [f"paged-{n}" for n in range(5)]
    await engine.contacts(*people, first_name="Ada", company={"name": "Mill"})
    await engine.suggests("paged", *people)

    pages = []
    after = {}
    while True:
        page = await engine.call("GET", "/v1/participants", params={"flow": "paged", "limit": 2, **after})
        pages.append([row["contact"] for row in page["participants"]])
        if page["next"] is None:
            break
        after = {"after": page["next"]}

    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(contact for page in pages for contact in page) == people


async def test_a_participant_is_shown_with_its_contact_its_step_and_its_times(engine: Engine) -> None:
    await engine.runs("shown", a_flow().triggered_by({"kind": "manual"}).mail("hello").wait("rest", days=7))
    await engine.contacts("shown-1", first_name="Ada", last_name="Mill", company={"name": "Works"})
    await engine.suggests("shown", "shown-1")

    row = await engine.passage("shown", "shown-1")
    now = await engine.now()

    assert (row["name"], row["email"], row["company"]) == ("Ada Mill", "shown-1@example.org", "Works")
    assert (row["status"], row["step"], row["version"]) == ("active", "rest", 1)
    assert row["enrolled_at"] == row["since"] == now.isoformat().replace("+00:00", "Z")
    assert row["until"] == (now + timedelta(days=7)).isoformat().replace("+00:00", "Z")
    assert (row["last_message"]["content"], row["last_message"]["status"]) == ("hello", "done")


async def test_participants_can_be_asked_for_by_status(engine: Engine) -> None:
    await engine.runs("statuses", a_flow().triggered_by({"kind": "manual"}).add_to("done"))
    await engine.contacts("status-1", country="DE")
    await engine.suggests("statuses", "status-1")

    for status, number in (("finished", 1), ("active", 0)):
        page = await engine.call("GET", "/v1/participants", params={"flow": "statuses", "status": status})
        assert len(page["participants"]) == number


async def test_a_flow_that_does_not_exist_has_no_participants_to_show(engine: Engine) -> None:
    for path in ("/v1/participants?flow=nowhere", "/v1/why?flow=nowhere&contact=1"):
        assert (await engine.ask("GET", path)).status_code == 404
    assert (await engine.ask("GET", "/v1/participants")).status_code == 422
    assert (await engine.ask("GET", "/v1/participants?flow=nowhere&limit=0")).status_code == 422


async def test_whoever_is_removed_by_hand_is_erased_and_may_come_in_again(engine: Engine) -> None:
    await engine.runs("erasing", a_flow().triggered_by({"kind": "manual"}).once_only().wait("rest", days=7))
    await engine.contacts("erased-1")
    await engine.suggests("erasing", "erased-1")
    first = await engine.passage("erasing", "erased-1")
    enrolled = (await engine.call("GET", "/v1/reports/flows/erasing"))["enrolled"]

    await engine.call("DELETE", f"/v1/participants/{first['id']}")
    await engine.drain()

    assert await engine.passages("erasing") == []
    assert (await engine.call("GET", "/v1/reports/flows/erasing"))["enrolled"] == enrolled - 1
    assert (await engine.ask("DELETE", f"/v1/participants/{first['id']}")).status_code == 404

    await engine.suggests("erasing", "erased-1")
    assert (await engine.passage("erasing", "erased-1"))["id"] != first["id"]
    assert "removed from the flow by hand" in await engine.why("erased-1", "erasing")


async def test_removed_and_suggested_again_at_once_is_let_in(engine: Engine) -> None:
    """Both may reach the executor in one batch."""
    await engine.runs("swift", a_flow().triggered_by({"kind": "manual"}).once_only().add_to("done"))
    await engine.contacts("swift-1")
    await engine.suggests("swift", "swift-1")
    first = await engine.passage("swift", "swift-1")

    await engine.call("DELETE", f"/v1/participants/{first['id']}")
    await engine.suggests("swift", "swift-1")

    assert (await engine.passage("swift", "swift-1"))["id"] != first["id"]


async def test_why_tells_admission_steps_and_success_in_words(engine: Engine) -> None:
    flow = (
        a_flow()
        .triggered_by({"kind": "order_placed"})
        .filtered(*country_is("DE", "SE"))
        .succeeding_by(IS_CUSTOMER)
        .mail("hello")
        .wait("rest", days=2)
    )
    await engine.runs("told", flow)
    await engine.contacts("told-1", country="DE", category="Lead")
    await engine.contacts("told-2", country="US")
    await engine.happens("order.placed", "told-1", amount=30)
    await engine.happens("order.placed", "told-2", amount=30)
    await engine.happens("order.placed", "told-1", amount=40)
    await engine.happens("contact.updated", "told-1", category="Customer")

    told = await engine.why("told-1", "told")
    for words in (
        "enrolled, suggested by event order.placed",
        "contact.country one_of ['DE', 'SE']? It was 'DE': yes",
        "mail 'hello' planned at hello",
        "mail 'hello' of step hello was taken by the mail server",
        "waits at rest until 1997-",
        "not enrolled, suggested by event order.placed",
        "the contact was already in the flow",
        "on event contact.updated",
        "contact.category is 'Customer'? It was 'Customer': yes",
        "met a success criterion",
        "finished with success",
    ):
        assert words in told, told
    assert "the filter does not let it in" in await engine.why("told-2")
    assert "It was 'US': no" in await engine.why("told-2")


async def test_nothing_is_told_about_a_stranger(engine: Engine) -> None:
    assert await engine.why("nobody-knows") == ""
