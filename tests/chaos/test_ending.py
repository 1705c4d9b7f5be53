"""A flow is ended with all its mail still to be sent: nobody gets any."""

import asyncio
import os
from pathlib import Path

import pytest

from common.adapters.mongo.client import connect
from tests.support.crowd import crowd
from tests.support.flows import a_flow
from tests.support.installation import Installation, installed
from tests.support.mongod import Database
from tests.support.ports import free_port
from tests.support.smtp_sink import SmtpSink

PEOPLE = 100_000 if os.environ.get("HEADRACE_CHAOS") == "long" else 1_200
BULK = "/v1/enrolments/bulk"


@pytest.mark.slow
@pytest.mark.mongo
@pytest.mark.timeout(1800)
async def test_the_end_of_a_flow_stops_every_mail_that_was_planned(
    tmp_path: Path, environment: dict[str, str], database: Database
) -> None:
    store, port = database.client[database.name], free_port()
    told = environment | {"HEADRACE_SMTP_URL": f"smtp://127.0.0.1:{port}"}
    async with installed(tmp_path, told, ["all_in_one"]) as installation:
        await plan_mail(installation, environment, database)
        waiting = {"state": {"$in": ["planned", "claimed", "sending"]}}
        # By id: what goes from one state to another meanwhile is counted once.
        assert await store.effects.count_documents(waiting, hint="_id_") == PEOPLE

        await installation.call("POST", "/v1/flows/many/end", headers={"If-Match": "*"})
        sink = SmtpSink()
        await sink.start(port)

        async with asyncio.timeout(600):
            while await store.effects.count_documents({"state": "withdrawn"}) < PEOPLE:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        await sink.stop()
        assert sink.counts.total() == 0
        async with asyncio.timeout(600):
            while await store.work.count_documents({}):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.2)
        assert await store.participants.count_documents({"status": "cancelled"}) == PEOPLE
        report = await installation.call("GET", "/v1/reports/flows/many")
        assert (report["enrolled"], report["by_status"]["cancelled"]) == (PEOPLE, PEOPLE)


async def plan_mail(installation: Installation, environment: dict[str, str], database: Database) -> None:
    """Everybody on a selection comes in, and stands behind a mail that can't be handed over yet."""
    call = installation.call
    handle = connect(environment["HEADRACE_MONGODB_URL"], database.name)
    async with handle.client:
        await crowd(handle, "many", PEOPLE, int(environment["HEADRACE_PARTITIONS"]))
        # One address each: a second contact with the same would drop out.
        own = [{"$set": {"email": {"$concat": ["$_id", "@example.org"]}}}]
        await handle["contacts"].update_many({}, own)
    flow = a_flow().triggered_by({"kind": "manual"}).mail("hello").wait("rest", days=7).build()
    body = flow.model_dump(mode="json", exclude_unset=True)
    content = {"name": "hello", "subject": "Hello", "html": "<p>Hello</p>"}
    await call("PUT", "/v1/selections/many", json={"name": "many"})
    await call("PUT", "/v1/contents/hello", json=content)
    await call("PUT", "/v1/flows/many", json=body, headers={"If-None-Match": "*"})
    await call("POST", "/v1/flows/many/run", headers={"If-Match": "*"})
    asked = {"flow": "many", "selection": "many", "id": "many"}
    bulk = await call("POST", BULK, json=asked)
    async with asyncio.timeout(600):
        while bulk["state"] == "running":
            await asyncio.sleep(0.1)
            bulk = await call("GET", f"{BULK}/{bulk['id']}")
    assert (bulk["state"], bulk["enrolled"]) == ("done", PEOPLE)
