"""What happens to a company, over HTTP: sales that count for everybody there, and its data changed by a flow."""

from typing import Any

import pytest

from common.adapters.mongo.contacts import CONTACTS
from tests.integration.services.engine import Engine
from tests.support.flows import FlowBuilder, a_flow

pytestmark = pytest.mark.mongo

BIG = [f"big-{n:04}" for n in range(1_201)]
"""More than two pages."""


def by_hand() -> FlowBuilder:
    return a_flow().triggered_by({"kind": "manual"})


def waiting_for_a_sale() -> FlowBuilder:
    return by_hand().succeeding_by({"kind": "company_sale_created"}).wait("w", days=9)


def at(company: str, **fields: Any) -> dict[str, Any]:
    return {"company": {"id": company, **fields}}


async def sale(engine: Engine, name: str, company: str, **data: Any) -> Any:
    event = {"id": name, "type": "sale.created", "data": {"company": company, **data}}
    answer = await engine.call("POST", "/v1/events", json=event)
    await engine.drain()
    return answer


async def statuses(engine: Engine, flow_id: str) -> dict[str, str]:
    return {each["contact"]: each["status"] for each in await engine.passages(flow_id)}


async def test_a_sale_on_the_company_alone_counts_for_those_inside_and_is_explained(engine: Engine) -> None:
    await engine.runs("nurture", waiting_for_a_sale())
    await engine.runs("on-sale", a_flow().triggered_by({"kind": "sale_created"}).wait("w", days=9))
    await engine.contacts("s-one", "s-two", "s-out", **at("kvarn"))
    await engine.contacts("s-else", **at("other"))
    await engine.suggests("nurture", "s-one", "s-two", "s-else")

    first = await sale(engine, "sale-1", "kvarn", amount=100)
    again = await sale(engine, "sale-1", "kvarn", amount=100)

    assert (first["accepted"], again["duplicates"]) == (1, 1)
    assert await statuses(engine, "nurture") == {
        "s-one": "finished_with_success", "s-two": "finished_with_success", "s-else": "active",
    }  # fmt: skip
    assert await engine.passages("on-sale") == []
    why = await engine.why("s-one", "nurture")
    assert why.count("on event sale.created on its company") == 1
    assert "event.company not_empty None? It was 'kvarn': yes" in why


async def test_a_sale_that_names_a_contact_counts_for_its_colleagues_too(engine: Engine) -> None:
    await engine.runs("nurture-2", waiting_for_a_sale())
    await engine.contacts("n-one", "n-two", **at("named"))
    await engine.suggests("nurture-2", "n-one", "n-two")

    await engine.happens("sale.created", "n-one", company="named")

    assert set((await statuses(engine, "nurture-2")).values()) == {"finished_with_success"}


async def test_a_company_of_many_is_told_page_by_page_and_each_contact_once(engine: Engine) -> None:
    await engine.runs("nurture-3", waiting_for_a_sale())
    people = [{"id": each, **at("big")} for each in BIG]
    for first in range(0, len(people), 400):
        await engine.call("PUT", "/v1/contacts", json=people[first : first + 400])
    await engine.drain()
    inside = [BIG[0], BIG[500], BIG[-1]]
    await engine.suggests("nurture-3", *inside)

    await sale(engine, "sale-big", "big")

    assert await statuses(engine, "nurture-3") == dict.fromkeys(inside, "finished_with_success")
    decisions = engine.database["decisions"]
    told = [row async for row in decisions.find({"flow": "nurture-3", "by": "headrace.company.sale_created"})]
    assert sorted(row["contact"] for row in told) == inside


async def test_the_contacts_of_a_company_are_found_by_an_index(engine: Engine) -> None:
    query = {
        "find": CONTACTS,
        "filter": {"company.id": "big", "_id": {"$gt": "big-0100"}},
        "sort": {"_id": 1},
    }
    plan = await engine.database.command("explain", query | {"limit": 50}, verbosity="executionStats")

    assert plan["executionStats"]["totalKeysExamined"] <= 51


async def test_a_sale_that_names_its_company_otherwise_is_refused_by_field(engine: Engine) -> None:
    event = {"id": "odd", "type": "sale.created", "data": {"company": {"id": "kvarn"}}}

    answer = await engine.ask("POST", "/v1/events", json=event)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/0/data/company"


async def test_a_flow_that_changes_a_company_changes_it_for_everybody_there(engine: Engine) -> None:
    step = {"id": "u", "kind": "update_contact", "set": {"company": {"category": "Customer"}}}
    flow = by_hand().step(step.pop("kind"), step.pop("id"), **step)
    await engine.runs("upgrades", flow)
    await engine.runs("hears", a_flow().triggered_by({"kind": "contact_updated"}).wait("w", days=9))
    await engine.contacts("u-one", "u-two", **at("mill", name="Mill"))
    await engine.contacts("u-three", **at("other", name="Other"))
    before = len(await engine.passages("hears"))

    await engine.suggests("upgrades", "u-one")

    for contact in ("u-one", "u-two"):
        company = (await engine.contact(contact))["company"]
        assert company == {"id": "mill", "name": "Mill", "category": "Customer"}
    assert "category" not in (await engine.contact("u-three"))["company"]
    assert len(await engine.passages("hears")) == before + 1
