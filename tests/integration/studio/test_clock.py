"""The clock over the API."""

from common.domain.ids import digest
from common.messages.record import Record
from common.messages.topology import Service
from tests.integration.studio.conftest import Client
from tests.integration.studio.test_flows import problem

PATH = "/v1/clock"


async def test_the_clock_is_stopped_and_stepped(studio: Client) -> None:
    running = await studio.read(PATH)
    assert running["mode"] == "running"
    problem(
        await studio.ask("POST", f"{PATH}/advance", json={"to": "2090-01-01T00:00:00Z"}),
        409,
        "step-mode-needed",
    )
    stopped = await studio.put(PATH, {"mode": "step", "now": "2090-01-01T00:00:00Z"})
    assert stopped["now"] == "2090-01-01T00:00:00Z"
    advanced = await studio.ask("POST", f"{PATH}/advance", json={"to": "2090-02-01T00:00:00Z"})
    assert advanced.json()["now"] == "2090-02-01T00:00:00Z"
    again = await studio.ask("POST", f"{PATH}/advance", json={"to": "2090-01-15T00:00:00Z"})
    assert again.json()["now"] == "2090-02-01T00:00:00Z"
    assert (await studio.ask("POST", f"{PATH}/drain", json={})).status_code == 200


async def test_time_does_not_go_back(studio: Client) -> None:
    problem(await studio.write(PATH, {"mode": "step", "now": "1997-01-01T00:00:00Z"}), 409, "backwards")


async def test_what_keeps_the_engine_busy_is_named(studio: Client) -> None:
    await studio.put(PATH, {"mode": "step"})
    now = await studio.process.clock.now()
    record = Record(id=digest("x"), type="test.posted", source="test", time=now)
    await studio.process.batches.post_to_all(Service.TRIGGER, record)
    busy = problem(await studio.ask("POST", f"{PATH}/drain", json={"patience": 0.05}), 503, "still-busy")
    assert "trigger" in busy["left"]
    assert "retry-after" in (await studio.ask("POST", f"{PATH}/drain", json={"patience": 0.05})).headers
