"""How soon figures are answered over many participants and facts.

`python -m bench.reports [PARTICIPANTS]`: ten facts a participant, made by the service and written in bulk to
a private MongoDB; then each question many times over HTTP, one after another. A million by hand; `make bench` takes
fewer.
"""

import asyncio
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from common.adapters.mongo.keys import MongoKeys
from common.adapters.mongo.reports import MongoReports
from common.domain.access import Scope
from common.domain.effect import EffectState
from common.domain.ids import partition_of
from common.domain.reasons import DropOut, Refusal, Status
from common.messages.happened import (
    Earning,
    Engagement,
    Happened,
    MessageEngaged,
    MessageSettled,
    ParticipantEnrolled,
    ParticipantLeft,
    ParticipantSucceeded,
    RevenueFollowed,
    StepPassed,
    SuggestionRefused,
    to_record,
)
from common.messages.record import Record
from common.runtime.keys import make_key
from common.runtime.serve import api
from common.runtime.settings import Settings
from services.process import Process, assemble, open_process
from services.reporting.app import parts
from services.reporting.tallying import Tallying
from services.reporting.worker import Kept, ReportingWorld
from tests.support.flows import a_flow
from tests.support.mongod import running_mongod

FLOWS = 10
BIG = "flow-0"
"""Has half of all participants."""
DAYS = 730
END = datetime(2026, 6, 30, tzinfo=UTC)
START = END - timedelta(days=DAYS)
PARTITIONS = 8
ZONE = ZoneInfo("Asia/Kolkata")
AT_ONCE = 2_000
TIMES = 300
STEPS = ("start", "hello", "rest", "which", "finish")


def life(number: int, dice: random.Random) -> Iterator[tuple[Happened, datetime]]:
    """Ten facts about one participant, or a refusal and nine."""
    flow = BIG if dice.random() < 0.5 else f"flow-{dice.randrange(1, FLOWS)}"
    about: dict[str, Any] = {"flow": flow, "run": 1, "version": 1, "participant": f"participant-{number}"}
    start = START + timedelta(seconds=dice.randrange(DAYS * 86_400))
    mail = {
        "effect": f"effect-{number}",
        "channel": "email",
        "step": "hello",
        "content": f"mail-{dice.randrange(5)}",
    }
    yield ParticipantEnrolled(**about), start
    for visit, (step, target) in enumerate(pairwise(STEPS)):
        at = start + timedelta(hours=visit * dice.randrange(1, 48))
        yield StepPassed(**about, step=step, next_step=target, entered_at=start, visit=visit), at
    yield MessageSettled(**about, **mail, state=EffectState.DONE), start
    kind = dice.choice(list(Engagement))
    yield MessageEngaged(**about, **mail, kind=kind, bot=dice.random() < 0.3), start + timedelta(hours=5)
    if dice.random() < 0.5:
        yield ParticipantSucceeded(**about, step="rest", enrolled_at=start), start + timedelta(days=2)
    else:
        refused = {name: about[name] for name in ("flow", "run", "version")}
        yield SuggestionRefused(**refused, reason=dice.choice(list(Refusal))), start
    earning = {"event": f"order-{number}", "kind": Earning.ORDER, "amount": 19.9, "currency": "EUR"}
    yield (
        RevenueFollowed(**about, **earning, enrolled_at=start),
        start + timedelta(days=dice.randrange(1, 90)),
    )
    left, reason = dice.choice([(Status.FINISHED, None), (Status.DROPPED_OUT, dice.choice(list(DropOut)))])
    yield (
        ParticipantLeft(**about, status=left, reason=reason, step="finish", enrolled_at=start),
        start + timedelta(days=9),
    )


def told(number: int, dice: random.Random) -> Iterator[Record]:
    for place, (fact, at) in enumerate(life(number, dice)):
        yield to_record(fact, f"contact-{number}", at, f"cause-{number}-{place}")


async def fill(process: Process, participants: int) -> int:
    """Written by the service's own counting, without tickets and transactions; answers how many facts."""
    reports, dice, facts = MongoReports(process.database), random.Random(1), 0  # noqa: S311 - made-up lives
    zones = {(f"flow-{number}", 1): ZONE for number in range(FLOWS)}
    for first in range(0, participants, AT_ONCE):
        by_partition: dict[int, list[Record]] = {}
        for number in range(first, min(first + AT_ONCE, participants)):
            partition = partition_of(f"contact-{number}", PARTITIONS)
            by_partition.setdefault(partition, []).extend(told(number, dice))
        for partition, records in by_partition.items():
            world = ReportingWorld(Tallying(reports, partition, zones, {}, {}), Kept(), outside=False)
            for record in records:
                world.decide(record)
            facts += len(records)
            for write in world.outcome().writes:
                collection = process.database[write.collection]
                await collection.bulk_write(list(write.operations), ordered=False)
    return facts


@dataclass(frozen=True)
class Question:
    name: str
    path: str
    asked: Mapping[str, Any]


def questions() -> Sequence[Question]:
    one, last = f"/v1/reports/flows/{BIG}", END.date()

    def since(days: int) -> dict[str, str]:
        return {"from": str(last - timedelta(days=days - 1)), "to": str(last)}

    return (
        Question("all flows", "/v1/reports/flows", {}),
        Question("a flow, 90 days", one, since(90)),
        Question("a flow, 1,000 days", one, since(1000)),
        Question("a flow, 14 days by hour", one, since(14) | {"by": "hour"}),
        Question("steps", f"{one}/steps", {}),
        Question("revenue, 90 days", f"{one}/revenue", since(90) | {"window": 90}),
        Question(
            "ten flows compared", "/v1/reports/comparison", {"flow": [f"flow-{n}" for n in range(FLOWS)]}
        ),
    )


async def seconds(http: httpx.AsyncClient, question: Question) -> list[float]:
    found = []
    for _ in range(TIMES):
        began = perf_counter()
        answer = await http.get(question.path, params=question.asked)
        found.append(perf_counter() - began)
        assert answer.status_code == 200, answer.text
    return found


async def measure(url: str, folder: Path, participants: int) -> None:
    settings = Settings(mongodb_url=SecretStr(url), database="bench", data_dir=folder, partitions=PARTITIONS)
    process = await open_process(settings)
    async with process.closing:
        draft = a_flow("Bench").having(timezone=ZONE.key).wait("rest", days=1).build()
        for number in range(FLOWS):
            await process.stored_flows.create(f"flow-{number}", draft, at=START, by="bench")
        began = perf_counter()
        facts = await fill(process, participants)
        took = perf_counter() - began
        key = make_key("bench", [Scope.REPORTS])
        await MongoKeys(process.database).add(key.key)
        face = api(assemble(process, [await parts(process)]), settings)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(face), base_url="http://bench", headers={"X-API-Key": key.secret}
        ) as http:
            answers = {question.name: await seconds(http, question) for question in questions()}
    show(participants, facts, took, answers)


def show(participants: int, facts: int, took: float, answers: Mapping[str, Sequence[float]]) -> None:
    table = Table("question", "median, ms", "p99, ms")
    for name, times in answers.items():
        cuts = quantiles(times, n=100)
        table.add_row(name, f"{cuts[49] * 1000:.1f}", f"{cuts[98] * 1000:.1f}")
    console = Console()
    console.print(
        f"{participants:,} participants, {facts:,} facts ({facts / took:,.0f} facts/s to count and write)"
    )
    console.print(table)


@contextmanager
def server() -> Iterator[tuple[str, Path]]:
    with TemporaryDirectory() as name, contextmanager(running_mongod)(Path(name) / "mongod") as mongod:
        yield mongod.url, Path(name)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with server() as (url, folder):
        asyncio.run(measure(url, folder, count))
