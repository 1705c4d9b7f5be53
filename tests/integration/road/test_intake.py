"""What is accepted is archived and ticketed once, however often it is sent."""

import asyncio

import pytest

from common.adapters.mongo.archive import EVENTS
from common.messages.topology import Service
from common.ports import Unstorable
from common.runtime.intake import Intake
from tests.support.road import RoadUnderTest, record

pytestmark = pytest.mark.mongo


async def ticketed(road: RoadUnderTest) -> list[str]:
    """Ids of the records that wait at the trigger."""
    process = road.process
    tickets = [ticket for p in range(process.partitions)
               for ticket in await process.work.waiting_for(Service.TRIGGER, p, 100_000)]  # fmt: skip
    return sorted(each.id for ticket in tickets for each in ticket.records)


async def test_repeats_in_one_request_are_accepted_once(road: RoadUnderTest) -> None:
    once, other = record(1), record(2)
    assert await road.intake.submit([once, other, once]) == [True, True, False]
    assert await ticketed(road) == [once.id, other.id]


async def test_repeats_across_requests_are_accepted_once(road: RoadUnderTest) -> None:
    assert await road.intake.submit([record(1)]) == [True]
    assert await road.intake.submit([record(1), record(2)]) == [False, True]
    assert await ticketed(road) == [record(1).id, record(2).id]


async def test_repeats_are_told_whether_or_not_there_were_any_just_before(road: RoadUnderTest) -> None:
    requests = [[1, 2], [2, 3], [3, 1], [4], [4, 5]]
    answers = [await road.intake.submit([record(n) for n in request]) for request in requests]
    assert answers == [[True, True], [False, True], [False, False], [True], [False, True]]
    assert await ticketed(road) == [record(n).id for n in range(1, 6)]


async def test_concurrent_repeats_at_two_processes_are_accepted_once(road: RoadUnderTest) -> None:
    """Two intakes know as little of one another as two processes do."""
    intakes = [Intake(road.process.archive) for _ in range(2)]
    records = [record(n) for n in range(40)]
    answers = await asyncio.gather(*(intakes[n % 2].submit(records[n % 7 : 20 + n % 13]) for n in range(30)))
    assert sum(answer.count(True) for answer in answers) == 32
    assert await ticketed(road) == [each.id for each in records[:32]]
    assert await road.process.database[EVENTS].count_documents({}) == 32


async def test_bad_data_of_one_request_does_not_sink_the_others(road: RoadUnderTest) -> None:
    """The first two requests are under way when the others gather for the next commit."""
    requests = [[record(n)] for n in range(10)]
    requests[5] = [record(5, amount=2**70)]
    answers = await asyncio.gather(
        *(road.intake.submit(request) for request in requests), return_exceptions=True
    )
    assert isinstance(answers.pop(5), Unstorable)
    assert answers == [[True]] * 9
