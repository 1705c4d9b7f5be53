"""Approved sender domains over HTTP, and what they keep from being run or saved."""

import pytest

from tests.integration.studio.conftest import Client
from tests.support.flows import a_flow

pytestmark = pytest.mark.mongo

FORM = {
    "name": "F",
    "pages": [{"elements": [{"kind": "contact_field", "id": "mail", "label": "Mail", "field": "email"}]}],
    "sender": {"name": "F", "address": "forms@other.example"},
}


async def test_none_are_set_until_somebody_does_and_old_copies_are_told(studio: Client) -> None:
    assert (await studio.read("/v1/sender-domains"))["domains"] == []

    written = await studio.put("/v1/sender-domains", {"domains": ["Example.org"]})
    assert (written["domains"], written["revision"]) == (["example.org"], 1)
    old = studio.tags["/v1/sender-domains"]
    await studio.put("/v1/sender-domains", {"domains": ["example.org", "other.example"]})

    answer = await studio.ask("PUT", "/v1/sender-domains", json={"domains": []}, headers={"If-Match": old})
    assert answer.status_code == 412


async def test_a_flow_is_run_only_with_approved_addresses_each_told_by_field(studio: Client) -> None:
    await studio.content("hello")
    flow = a_flow().mailing(from_address="news@other.example", reply_to="desk@third.example").mail("hello")
    await studio.flow("f", flow.build())
    await studio.put("/v1/sender-domains", {"domains": ["example.org"]})

    refused = await studio.act("f", "run")
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["errors"]] == ["email.from_address", "email.reply_to"]
    assert "use one of example.org" in refused.json()["errors"][0]["detail"]

    await studio.put("/v1/sender-domains", {"domains": ["other.example", "third.example"]})
    assert (await studio.act("f", "run")).status_code == 200


async def test_a_form_is_saved_only_with_an_approved_sender(studio: Client) -> None:
    await studio.put("/v1/sender-domains", {"domains": ["example.org"]})

    refused = await studio.write("/v1/forms/f", FORM)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/sender/address"

    await studio.put("/v1/sender-domains", {"domains": ["other.example"]})
    assert (await studio.write("/v1/forms/f", FORM)).status_code == 201


async def test_a_domain_that_is_none_is_refused_by_place(studio: Client) -> None:
    refused = await studio.ask("PUT", "/v1/sender-domains", json={"domains": ["example.org", "a@b.example"]})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/domains/1"
