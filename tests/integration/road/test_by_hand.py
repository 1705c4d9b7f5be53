"""Over the bus, tickets for owners in the same process do not travel, and nothing changes places for it."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio

from common.messages.ticket import Ticket
from common.messages.topology import ROAD
from tests.support.echo import run_echo
from tests.support.road import RoadUnderTest, until

pytestmark = [pytest.mark.mongo, pytest.mark.rabbitmq]

PARTITIONS = 4


@pytest_asyncio.fixture
async def own_road(bus_road: RoadUnderTest) -> AsyncIterator[RoadUnderTest]:
    """All services in the process that takes records in."""
    stopping = asyncio.Event()
    running = asyncio.create_task(run_echo(bus_road.process, stopping))

    async def owned() -> bool:
        process = bus_road.process
        every = len(await process.rows.owned_by(process.member)) == len(ROAD) * PARTITIONS
        return every and process.courier.connected()

    await until(owned)
    yield bus_road
    stopping.set()
    await running


@pytest.fixture
def travelled(own_road: RoadUnderTest, monkeypatch: pytest.MonkeyPatch) -> list[Ticket]:
    """The tickets whose copies went out."""
    noted: list[Ticket] = []
    courier = own_road.process.courier
    publish = courier.publish

    def noting(tickets: Sequence[Ticket]) -> None:
        noted.extend(tickets)
        publish(tickets)

    monkeypatch.setattr(courier, "publish", noting)
    return noted


async def test_within_a_process_no_ticket_travels(own_road: RoadUnderTest, travelled: list[Ticket]) -> None:
    await own_road.post_all(2_000)
    await own_road.arrived()
    await own_road.check()
    assert travelled == []


async def test_what_there_is_no_room_for_travels_and_keeps_its_place(
    own_road: RoadUnderTest, travelled: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.runtime.inbox.MOST_COPIES", 1)
    await own_road.post_all(2_000, request=20)
    await own_road.arrived()
    await own_road.check()
    assert travelled
