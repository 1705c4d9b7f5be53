"""A record that can't be handled is parked and its neighbours go on; too many stop the process."""

import asyncio
from collections.abc import Sequence

import pytest

from common.adapters.mongo.batch import PARKED
from common.messages.record import Record
from common.messages.topology import ROAD, Service
from tests.support.echo import echo_app, run_workers
from tests.support.road import RoadUnderTest, record, until

pytestmark = pytest.mark.mongo

ERRORS = {"poison": "ValueError", "unstorable": "Unstorable", "unloadable": "KeyError"}


def same_partition(count: int) -> list[Record]:
    """One contact's, so that they make one batch."""
    return [record(97 * number) for number in range(count)]


async def parked(road: RoadUnderTest) -> Sequence[dict[str, object]]:
    return [row async for row in road.process.database[PARKED].find()]


@pytest.mark.parametrize("trouble", ERRORS)
async def test_one_among_500_is_parked_with_its_error_and_499_pass_in_order(
    road: RoadUnderTest, trouble: str
) -> None:
    records = same_partition(500)
    bad = records[321] = record(97 * 321, **{trouble: Service.FILTER})
    await road.intake.submit(records)
    road.start()

    async def all_is_done() -> bool:
        return await road.written() == 499 and not await road.process.work.waiting()

    await until(all_is_done)
    numbers = [97 * n for n in range(500)]
    assert await road.orders(Service.SUCCESS) == {"contact-0": numbers}
    numbers.remove(97 * 321)
    for service in (Service.FILTER, Service.EXECUTOR, Service.REPORTING):
        assert await road.orders(service) == {"contact-0": numbers}
    (row,) = await parked(road)
    assert row["service"] == Service.FILTER
    assert str(row["error"]).startswith(ERRORS[trouble])
    assert row["record"]["id"] == bad.id  # type: ignore[index]


async def test_too_many_make_the_process_give_up_its_partitions_and_stay_unready(road: RoadUnderTest) -> None:
    process = road.process
    await road.intake.submit(road.records(200) + road.records(100, poison=Service.SUCCESS))
    app = echo_app(process)
    stopping = asyncio.Event()
    running = asyncio.create_task(run_workers(app, stopping))

    async def given_up() -> bool:
        return "too many" in (await app.health.readiness()).reasons.get("partitions", "")

    await until(given_up)
    assert {row["owner"] for row in await process.rows.rows()} == {None}
    assert await process.rows.live(Service.TRIGGER) == []
    assert len(await parked(road)) <= 20, "a bad release must not drain the queue"
    left = await process.work.waiting()
    assert any(service is Service.SUCCESS for service, _ in left)
    assert not running.done(), "it stays, unready, for somebody to look at"
    stopping.set()
    await asyncio.wait_for(running, 5)


async def test_a_few_are_parked_and_the_process_goes_on(road: RoadUnderTest) -> None:
    await road.intake.submit(road.records(20, poison=Service.EXECUTOR))
    await road.post(road.records(100))
    road.start()
    await road.arrived()
    assert len(await parked(road)) == 20
    assert {row["service"] for row in await parked(road)} == {Service.EXECUTOR}
    assert not await road.process.work.waiting()
    assert await road.written(ROAD[0]) == 120
