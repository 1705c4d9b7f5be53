"""What an installation has to do while trouble is made: flows of all that waits and leaves, people, and events.

Every event is news to one flow at least, so that none can go missing unseen.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from time import monotonic
from typing import Any

import httpx

from common.adapters.mongo.client import connect
from common.adapters.mongo.clock import MongoClock
from common.domain.clock import ClockSetting
from common.domain.contact import ContactData
from common.domain.flow import Flow
from common.domain.ids import event_id
from tests.support.flows import START, a_flow, a_path, country_is
from tests.support.installation import Installation
from tests.support.replay import PATIENCE

HOUR = 3600.0
"""How fast business time runs: an hour a second."""

SOURCE = "campaign"
JOURNEY, TALLY = "journey", "tally"
VISIT, ANSWER, PURCHASE = "visit.made", "answer.given", "purchase.made"
TYPES = (VISIT, VISIT, ANSWER, PURCHASE)
"""Half of the events bring somebody in."""


def named(name: str) -> dict[str, str]:
    return {"kind": "custom_event", "name": name}


def flows(web: str) -> Mapping[str, Flow]:
    """`web`: where calls go. Who takes the way of nobody's choice is changed, which is an event of its own."""
    text = {"name": "Text", "percent": 30, "steps": a_path("t-").step("send_sms", text="Hi").steps}
    call = {
        "name": "Call",
        "percent": 30,
        "steps": a_path("c-").step("call_webhook", url=f"{web}/hook").steps,
    }
    rest = {"steps": a_path("u-").update(category="Customer").steps}
    journey = a_flow("Journey").triggered_by(named(VISIT)).filtered(*country_is("DE")).mail("hello")
    journey.wait(hours=3).step("split_at_random", "parted", branches=[text, call], otherwise=rest)
    journey.wait_for(named(ANSWER), max_wait={"hours": 6}, on_timeout="exit").wait(hours=1)
    tally = a_flow("Tally").triggered_by(*(named(name) for name in dict.fromkeys(TYPES))).exit()
    return {JOURNEY: journey.succeeding_by(named(PURCHASE)).build(), TALLY: tally.build()}


def person(number: int) -> tuple[str, ContactData]:
    """Nine in ten are let in."""
    data = {
        "email": f"contact-{number}@example.org",
        "mobile": f"+49151{10_000_000 + number}",
        "country": "SE" if number % 10 == 9 else "DE",
        "consents": {"e_marketing": {"basis": "consent"}},
    }
    return f"contact-{number}", ContactData.model_validate(data)


async def set_going(mongo_url: str, database: str) -> ClockSetting:
    """Before an installation's first start: its clock runs, an hour a second."""
    handle = connect(mongo_url, database)
    async with handle.client:
        setting = ClockSetting(business=START, machine=datetime.now(UTC), speed=HOUR)
        return await MongoClock(handle).ensure(setting)


async def prepare(installation: Installation, people: int, web: str) -> None:
    """Everybody is known, and both flows run."""
    call = installation.call
    rows = [
        {"id": name} | data.model_dump(mode="json", exclude_unset=True)
        for name, data in (person(number) for number in range(people))
    ]
    for first in range(0, people, 500):
        await call("PUT", "/v1/contacts", json=rows[first : first + 500], patience=PATIENCE)
    content = {"name": "hello", "subject": "Hello", "html": "<p>Hello</p>"}
    await call("PUT", "/v1/contents/hello", json=content)
    for name, flow in flows(web).items():
        body = flow.model_dump(mode="json", exclude_unset=True)
        await call("PUT", f"/v1/flows/{name}", json=body, headers={"If-None-Match": "*"})
        await call("POST", f"/v1/flows/{name}/run", headers={"If-Match": "*"})


@dataclass
class Senders:
    """Post events until all are accepted: a refused or broken request is sent again as it was."""

    installation: Installation
    random: Random
    people: int
    events: int
    lot: int
    at_once: int
    seconds: float
    """For which the events should last, if all goes well."""
    answers: Counter[str] = field(default_factory=Counter)
    slowest_refusal: float = 0.0
    accepted: set[str] = field(default_factory=set)
    """Ids in the archive."""

    async def post(self) -> None:
        lots = self._lots()
        pause = self.seconds * self.lot * self.at_once / self.events
        await asyncio.gather(*(self._post(lots, pause) for _ in range(self.at_once)))

    def _lots(self) -> Iterator[list[dict[str, Any]]]:
        for first in range(0, self.events, self.lot):
            yield [
                {
                    "id": str(number),
                    "source": SOURCE,
                    "type": self.random.choice(TYPES),
                    "contact": f"contact-{self.random.randrange(self.people)}",
                    "data": {"number": number},
                }
                for number in range(first, min(first + self.lot, self.events))
            ]

    async def _post(self, lots: Iterator[list[dict[str, Any]]], pause: float) -> None:
        for lot in lots:
            began = monotonic()
            while not await self._taken(lot):  # noqa: ASYNC110 - the server is a process of its own
                await asyncio.sleep(0.2)
            self.accepted |= {event_id(SOURCE, event["id"]) for event in lot}
            await asyncio.sleep(max(0.0, pause - (monotonic() - began)))

    async def _taken(self, lot: list[dict[str, Any]]) -> bool:
        began = monotonic()
        try:
            url = self.installation.url("/v1/events")
            answer = await self.installation.client.post(url, json=lot, timeout=30)
        except httpx.TransportError as error:
            self.answers[type(error).__name__] += 1
            return False
        self.answers[str(answer.status_code)] += 1
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) >= 1, answer.headers
            self.slowest_refusal = max(self.slowest_refusal, monotonic() - began)
            return False
        assert answer.is_success, answer.text
        told = answer.json()
        assert told["accepted"] + told["duplicates"] == len(lot), told
        return True
