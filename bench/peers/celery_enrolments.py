"""The same job the usual way: Celery on RabbitMQ, a task for each thing to do, MongoDB as its tasks need it.

On the same terms as ours: quorum queues, publisher confirms, tasks acknowledged when they are done and repeatable,
majority and journal, participants unique by contact and flow. It runs in an environment of its own, and imports
nothing of the engine.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from celery import Celery
from fastapi import FastAPI
from pymongo import ASCENDING, MongoClient
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

WAIT = timedelta(days=7)

tasks = Celery("peer", broker=os.environ["PEER_AMQP_URL"])
tasks.conf.update(
    task_default_queue_type="quorum",
    task_default_exchange_type="topic",
    broker_transport_options={"confirm_publish": True},
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=64,
    broker_connection_retry_on_startup=True,
)
web = FastAPI()


@cache
def database() -> "Database[dict[str, Any]]":
    client: MongoClient[dict[str, Any]] = MongoClient(
        os.environ["PEER_MONGODB_URL"], w="majority", journal=True, tz_aware=True
    )
    return client["peer"]


def prepare() -> None:
    """Indexes as a tidy author would make them, and the flow."""
    participants = database()["participants"]
    participants.create_index([("contact", ASCENDING), ("flow", ASCENDING)], unique=True)
    participants.create_index([("flow", ASCENDING), ("status", ASCENDING), ("step", ASCENDING)])
    participants.create_index([("due", ASCENDING)])
    flow = {"_id": "orders", "state": "running", "trigger": "order.placed", "least": 10, "wait": "rest"}
    database()["flows"].insert_one(flow)


@web.get("/ready")
def ready() -> dict[str, bool]:
    return {"ready": True}


@web.post("/events", status_code=202)
def post_events(events: list[dict[str, Any]]) -> dict[str, int]:
    """Archived, then handed to the tasks."""
    database()["events"].insert_many([{"_id": event["id"], **event} for event in events])
    for event in events:
        match.delay(event["id"])
    return {"accepted": len(events)}


@tasks.task
def match(event_id: str) -> None:
    """WHEN: the flows that this event starts."""
    event = database()["events"].find_one({"_id": event_id})
    assert event is not None
    for flow in database()["flows"].find({"state": "running", "trigger": event["type"]}):
        admit.delay(flow["_id"], event["subject"], event_id)


@tasks.task
def admit(flow_id: str, contact: str, event_id: str) -> None:
    """WHO: the filter, then the participant."""
    flow = database()["flows"].find_one({"_id": flow_id})
    event = database()["events"].find_one({"_id": event_id})
    assert flow is not None and event is not None
    if event["data"]["amount"] <= flow["least"]:
        return
    database()["contacts"].update_one({"_id": contact}, {"$setOnInsert": {"revision": 1}}, upsert=True)
    participant = {"_id": f"{flow_id}:{contact}", "flow": flow_id, "contact": contact, "status": "active"}
    with suppress(DuplicateKeyError):  # a task that comes again goes on where it may have ended
        database()["participants"].insert_one(participant | {"step": "start", "cause": event_id})
    advance.delay(participant["_id"])


@tasks.task
def advance(participant_id: str) -> None:
    """WHAT: on to the first wait, with a line that tells."""
    due = datetime.now(UTC) + WAIT
    database()["participants"].update_one(
        {"_id": participant_id, "step": "start"}, {"$set": {"step": "rest", "due": due}}
    )
    database()["decisions"].insert_one(
        {"participant": participant_id, "went": "rest", "at": datetime.now(UTC)}
    )
