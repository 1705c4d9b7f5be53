"""Posts the CDNOW orders to an installation in step mode, and reads off what became of them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from common.adapters.flow_files import load
from tests.support.cdnow import END, START, Order, contacts, instants
from tests.support.installation import Installation

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "winback.yaml"
FLOW = "win-back"
Interlude = Callable[[int], Awaitable[None]]


async def prepare(installation: Installation, placed: list[Order]) -> None:
    """Clock, contacts, and the flow of the example file, running."""
    call = installation.call
    await call("PUT", "/v1/clock", json={"mode": "step", "now": START.isoformat()})
    everyone = contacts(placed)
    for start in range(0, len(everyone), 500):
        await call("PUT", "/v1/contacts", json=everyone[start : start + 500])
    await call("POST", "/v1/clock/drain", json={})
    bundle = load(EXAMPLE)
    for name, selection in bundle.selections.items():
        await call("PUT", f"/v1/selections/{name}", json=selection.model_dump(mode="json"))
    for name, content in bundle.contents.items():
        await call("PUT", f"/v1/contents/{name}", json=content.model_dump(mode="json"))
    for name, flow in bundle.flows.items():
        created = await installation.client.put(
            installation.url(f"/v1/flows/{name}"), json=flow.model_dump(mode="json", exclude_unset=True)
        )
        assert created.status_code == 201, created.text
        etag = {"If-Match": created.headers["ETag"]}
        await call("POST", f"/v1/flows/{name}/run", headers=etag)


async def nothing(step: int) -> None:
    """No interlude."""


async def replay(installation: Installation, placed: Iterable[Order], between: Interlude = nothing) -> None:
    """All orders of an instant posted together after the clock has come to it; to the end of June 1998."""
    for step, (at, together) in enumerate(instants(list(placed))):
        await between(step)
        await advance(installation, at)
        receipt = await installation.call("POST", "/v1/events", json=[order.event for order in together])
        assert receipt["accepted"] + receipt["duplicates"] == len(together), receipt
    await advance(installation, END)


async def advance(installation: Installation, at: datetime) -> None:
    body = {"to": at.isoformat(), "patience": 120}
    await installation.call("POST", "/v1/clock/advance", json=body)


async def participants(installation: Installation) -> list[dict[str, Any]]:
    """Every passage of the flow, page by page."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        query = f"?flow={FLOW}&limit=1000" + (f"&after={after}" if after else "")
        page = await installation.call("GET", "/v1/participants" + query)
        found += page["participants"]
        if page["next"] is None:
            return found
        after = page["next"]


def by_status(passages: Iterable[dict[str, Any]]) -> Counter[str]:
    return Counter(passage["status"] for passage in passages)
