"""One event that comes again under another id is archived once, if one of its names is known."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from common.messages.record import Record
from tests.integration.services.engine import Engine


def record(*also: str) -> Record:
    return Record(
        id=uuid4().hex, type="a.b", source="test", contact="someone", time=datetime.now(UTC), also=also
    )


async def test_another_id_under_the_same_name_is_a_repeat(engine: Engine) -> None:
    name = uuid4().hex
    first = record(name, uuid4().hex)

    assert await engine.process.archive.accept([first]) == [True]
    assert await engine.process.archive.accept([record(uuid4().hex, name), record()]) == [False, True]

    kept = await engine.process.archive.many([first.id])
    assert kept[first.id].also == first.also


async def test_the_same_id_under_another_name_is_a_repeat(engine: Engine) -> None:
    first = record(uuid4().hex)
    await engine.process.archive.accept([first])

    assert await engine.process.archive.accept([first.but(also=(uuid4().hex,))]) == [False]


async def test_of_two_in_one_batch_the_first_is_kept(engine: Engine) -> None:
    name = uuid4().hex

    assert await engine.process.archive.accept([record(name), record(name), record()]) == [True, False, True]


async def test_of_many_at_once_one_is_kept(engine: Engine) -> None:
    name = uuid4().hex

    told = await asyncio.gather(*(engine.process.archive.accept([record(name)]) for _ in range(4)))

    assert sorted(told) == [[False]] * 3 + [[True]]


async def test_events_without_other_names_do_not_meet(engine: Engine) -> None:
    assert await engine.process.archive.accept([record(), record()]) == [True, True]
