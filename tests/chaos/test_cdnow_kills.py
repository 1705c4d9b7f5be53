"""Everything is killed once in the middle of the CDNOW run, with SIGKILL; what comes out is the same.

The short form takes the first months of the sample; `HEADRACE_CHAOS=long` takes all of it.
"""

import asyncio
import os
from collections import Counter
from datetime import datetime

import pytest

from tests.support import cdnow
from tests.support.cdnow_truth import count
from tests.support.installation import APART, installed
from tests.support.kills import Kill, kill_of, server_kill
from tests.support.mongod import Database, TestMongod
from tests.support.outcome import (
    CONTENTS,
    Mails,
    at_sink,
    hold_reports_to_the_truth,
    in_reports,
    in_store,
    ledger,
    message_ids,
)
from tests.support.rabbitmq import RabbitNode
from tests.support.replay import prepare, replay, stand_at_start
from tests.support.sink_process import SinkProcess

LONG = os.environ.get("HEADRACE_CHAOS") == "long"
INSTANTS = 735 if LONG else 130
FIRST_KILL, EVERY = 40, 11
CONNECTIONS = 4


@pytest.mark.slow
@pytest.mark.rabbitmq
@pytest.mark.timeout(1800)
async def test_kills_in_the_middle_change_nothing_but_doubts(
    tmp_path_factory: pytest.TempPathFactory,
    environment: dict[str, str],
    mongod: TestMongod,
    rabbitmq: RabbitNode,
    amqp_url: str,
    database: Database,
    sink: SinkProcess,
) -> None:
    placed = first_instants(INSTANTS)
    end = cdnow.END if LONG else placed[-1].at
    await stand_at_start(environment["HEADRACE_MONGODB_URL"], database.name)
    apart = environment | {"HEADRACE_AMQP_URL": amqp_url}
    async with installed(tmp_path_factory.mktemp("logs"), apart, APART) as installation:
        kills = [kill_of(installation, service) for service in APART]
        kills += [server_kill(rabbitmq), server_kill(mongod)]
        await prepare(installation, placed)
        under_way = Kills(kills)
        await replay(installation, placed, between=under_way.between, end=end)
        await under_way.over()
        mails = await ledger(database)
        received = sink.received()
        truth = count(placed, end)
        hold_mails_to(truth, mails, received, kills=len(kills))
        assert await in_store(database) == without(truth, *CONTENTS)
        assert without(await in_reports(installation), *CONTENTS) == without(truth, "lapsed", *CONTENTS)
        await hold_reports_to_the_truth(installation)


def hold_mails_to(truth: Counter[str], mails: Mails, received: Counter[object], *, kills: int) -> None:
    """Nothing twice; what is done has arrived; what has not arrived is in doubt; doubts are few."""
    arrived = message_ids(received)
    assert set(received.values()) <= {1}, "a mail came twice"
    assert mails.others == Counter()
    assert mails.done <= arrived
    assert arrived <= mails.done | mails.in_doubt
    assert len(mails.done | mails.in_doubt) == truth["thanks"] + truth["miss-you"]
    assert at_sink(received).total() >= len(mails.done)
    assert len(mails.in_doubt) <= CONNECTIONS * kills


class Kills:
    """One kill every few instants, a little after its turn has begun."""

    def __init__(self, kills: list[Kill]) -> None:
        self._waiting = list(kills)
        self._tasks: list[asyncio.Task[None]] = []

    async def between(self, step: int) -> None:
        if self._waiting and step >= FIRST_KILL and (step - FIRST_KILL) % EVERY == 0:
            await asyncio.gather(*self._tasks)
            self._tasks = [asyncio.create_task(self._soon(self._waiting.pop(0)))]

    async def over(self) -> None:
        """All have happened, and everybody is back."""
        await asyncio.gather(*self._tasks)
        assert not self._waiting, "the run was over before every kill had its turn"

    async def _soon(self, kill: Kill) -> None:
        await asyncio.sleep(0.08)
        await kill()


def first_instants(number: int) -> list[cdnow.Order]:
    instants: list[tuple[datetime, list[cdnow.Order]]] = list(cdnow.instants(cdnow.orders()))
    return [order for _, together in instants[:number] for order in together]


def without(figures: Counter[str], *names: str) -> Counter[str]:
    return Counter({name: number for name, number in figures.items() if name not in names and number})
