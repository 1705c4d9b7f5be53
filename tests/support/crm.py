"""What the reference CRM's webhook sends."""

import copy
from base64 import b64encode
from hashlib import sha256
from hmac import digest
from typing import Any

SALE_CREATED: dict[str, Any] = {
    "EventId": "1fc5752a-6de8-412d-847a-12d5529a0ec6",
    "Timestamp": "2018-04-24T08:13:02.8352175Z",
    "Changes": ["sale_id", "status", "amount", "heading", "saledate", "person_id"],
    "Event": "sale.created",
    "PrimaryKey": 527331,
    "Entity": "sale",
    "ContextIdentifier": "Default",
    "ChangedByAssociateId": 37201,
    "WebhookName": "flows",
    "FieldValues": {
        "associate_id": 5,
        "contact_id": 5,
        "person_id": 8,
        "project_id": 0,
        "currency_id": 36,
        "done": 1,
        "status": 1,
        "saleType_id": 3,
        "saledate": "2020-02-13T00:00:00",
        "registered": "2020-01-20T13:39:40",
        "updated": "2025-05-14T15:56:39.5450964+02:00",
    },
}


def crm_event(event: str, **changes: Any) -> dict[str, Any]:
    """A payload about this event, with nothing but what every payload has; `...` takes a key away."""
    payload = copy.deepcopy(SALE_CREATED) | {"Event": event, "Entity": event.partition(".")[0]}
    del payload["FieldValues"]
    return {name: value for name, value in (payload | changes).items() if value is not ...}


def signed(secret: str, body: bytes) -> str:
    return b64encode(digest(secret.encode(), body, sha256)).decode()
