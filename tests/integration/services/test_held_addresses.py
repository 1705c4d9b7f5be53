"""Contacts of different partitions race for one address; what is stored decides who was first."""

from common.domain.ids import partition_of
from tests.integration.services.engine import PARTITIONS, Engine
from tests.support.flows import a_flow

FLOW = "one-address"


async def test_of_many_contacts_at_one_address_only_one_is_mailed(engine: Engine) -> None:
    people = [f"family-{number}" for number in range(12)]
    assert len({partition_of(each, PARTITIONS) for each in people}) == PARTITIONS
    await engine.runs(FLOW, a_flow().triggered_by({"kind": "manual"}).mail("hello").wait("rest", days=9))
    await engine.contacts(*people, email="family@example.org")

    await engine.suggests(FLOW, *people)

    passages = await engine.passages(FLOW)
    active = [each for each in passages if each["status"] == "active"]
    assert len(active) == 1
    assert [each["reason"] for each in passages if each not in active] == ["email_in_use"] * 11
    assert engine.mails("family") == ["hello"]
    held = engine.database["held_addresses"]
    assert [row["participant"] async for row in held.find()] == [active[0]["id"]]

    await engine.call("POST", "/v1/operations/forget", json={"contact": active[0]["contact"]})

    assert await held.count_documents({}) == 0
