"""A year and a half of real orders goes through the win-back flow with exactly the right result."""

from collections import Counter

import pytest

from tests.support.cdnow import orders
from tests.support.cdnow_truth import count
from tests.support.installation import APART, Installation, installed
from tests.support.mongod import Database
from tests.support.outcome import CONTENTS, at_sink, in_reports, in_store
from tests.support.replay import prepare, replay, stand_at_start
from tests.support.sink_process import SinkProcess

STATED = Counter(
    {
        "enrolled": 1988,
        "finished_with_success": 1083,
        "finished": 787,
        "active": 118,
        "thanks": 1303,
        "miss-you": 912,
        "lapsed": 780,
        "suggested": 4149,
        "already_in_flow": 764,
        "filter": 1341,
        "exclusion_list": 56,
    }
)
"""Worked out by hand from the sample, before there was a product."""


def test_the_count_from_the_file_is_the_one_stated() -> None:
    assert count(orders()) == STATED


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_all_orders_through_one_process_without_a_bus(
    tmp_path_factory: pytest.TempPathFactory,
    environment: dict[str, str],
    database: Database,
    sink: SinkProcess,
) -> None:
    await stand_at_start(environment["HEADRACE_MONGODB_URL"], database.name)
    async with installed(tmp_path_factory.mktemp("logs"), environment, ["all_in_one"]) as installation:
        await run_through(installation, database, sink)


@pytest.mark.slow
@pytest.mark.rabbitmq
@pytest.mark.timeout(1200)
async def test_all_orders_through_separate_processes_over_rabbitmq(
    tmp_path_factory: pytest.TempPathFactory,
    environment: dict[str, str],
    amqp_url: str,
    database: Database,
    sink: SinkProcess,
) -> None:
    await stand_at_start(environment["HEADRACE_MONGODB_URL"], database.name)
    apart = environment | {"HEADRACE_AMQP_URL": amqp_url}
    async with installed(tmp_path_factory.mktemp("logs"), apart, APART) as installation:
        await run_through(installation, database, sink)


async def run_through(installation: Installation, database: Database, sink: SinkProcess) -> None:
    placed = orders()
    await prepare(installation, placed)
    await replay(installation, placed)
    truth = count(placed)
    received = sink.received()
    assert set(received.values()) == {1}, "a mail came twice"
    assert at_sink(received) == pick(truth, CONTENTS)
    assert await in_store(database) == Counter({k: v for k, v in truth.items() if k not in CONTENTS})
    assert await in_reports(installation) == Counter({k: v for k, v in truth.items() if k != "lapsed"})


def pick(figures: Counter[str], names: tuple[str, ...]) -> Counter[str]:
    return Counter({name: figures[name] for name in names})
