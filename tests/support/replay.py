"""Posts the CDNOW orders to an installation in step mode, and reads off what became of them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common.adapters.flow_files import load
from common.adapters.mongo.client import connect
from common.adapters.mongo.clock import MongoClock
from common.domain.clock import ClockMode, ClockSetting
from tests.support.cdnow import END, START, Order, contacts, instants
from tests.support.installation import Installation

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "winback.yaml"
FLOW = "win-back"
Interlude = Callable[[int], Awaitable[None]]
PATIENCE = 120.0
"""Seconds for which a killed service may be away."""


async def stand_at_start(mongo_url: str, database: str) -> None:
    """Before an installation's first start: its clock stands at the first of January 1997."""
    handle = connect(mongo_url, database)
    setting = ClockSetting(mode=ClockMode.STEP, business=START, machine=datetime.now(UTC))
    await MongoClock(handle).ensure(setting)
    await handle.client.close()


async def prepare(installation: Installation, placed: list[Order]) -> None:
    """Contacts, and the flow of the example file, running."""
    call = installation.call
    everyone = contacts(placed)
    for start in range(0, len(everyone), 500):
        await call("PUT", "/v1/contacts", json=everyone[start : start + 500], patience=PATIENCE)
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


async def replay(
    installation: Installation, placed: Iterable[Order], between: Interlude = nothing, end: datetime = END
) -> None:
    """All orders of an instant posted together after the clock has come to it; on to `end`.

    `between` is awaited before each instant, told its number. Posting and advancing may be repeated, so that
    whatever is killed meanwhile only costs time.
    """
    for step, (at, together) in enumerate(instants(list(placed))):
        await between(step)
        await advance(installation, at)
        events = [order.event for order in together]
        receipt = await installation.call("POST", "/v1/events", json=events, patience=PATIENCE)
        assert receipt["accepted"] + receipt["duplicates"] == len(together), receipt
    await advance(installation, end)


async def advance(installation: Installation, at: datetime) -> None:
    body = {"to": at.isoformat(), "patience": PATIENCE}
    await installation.call("POST", "/v1/clock/advance", json=body, patience=PATIENCE)


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
