"""Acts as signed calls to a CRM of any make, or to what stands before it (Standard Webhooks).

The effect's id is the call's `webhook-id`: the same at each repeat, so that the other side does it once.
"""

import json
from typing import Any

from common.adapters.webhooks.channel import PreparedCall, WebhookChannel
from common.domain.delivery import Delivery
from common.ports import Deed


class SignedCrm:
    """`url`: where all acts go; their kind is the call's `type`."""

    knows_repeats = True

    def __init__(self, calls: WebhookChannel, url: str) -> None:
        self._calls = calls
        self._url = url
        self.timeout = calls.timeout

    async def perform(self, deed: Deed) -> Delivery:
        call = PreparedCall(deed.id, "POST", self._url, json.dumps(told(deed)), self._calls)
        return await self._calls.send(call)


def told(deed: Deed) -> dict[str, Any]:
    """The same at each repeat, but for what the contact's merge tags stand for by then."""
    company = deed.contact.company
    data = {
        "contact": deed.contact.id,
        "company": (company.id or None) if company else None,
        "flow": deed.flow,
        "cause": deed.cause,
        **deed.act.model_dump(mode="json", exclude={"kind", "still"}),
    }
    return {"type": f"crm.{deed.act.kind}", "timestamp": deed.now.isoformat(), "data": data}
