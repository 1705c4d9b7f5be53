"""How soon figures and rows are answered over many participants and facts, and what exports take of memory.

`python -m bench.reports [PARTICIPANTS [MONGODB_URL]]`: ten facts a participant, counted by the service's own
functions and written in bulk; then a reporting process is asked each question many times over HTTP, one after
another. A million by hand; `make bench` takes fewer. With the address of a MongoDB the facts stay there, and are
found by the next run.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.console import Console
from rich.table import Table

from bench.report_lives import BIG, END, FLOWS, PARTITIONS, START, ZONE, fill
from bench.servers import CACHE_GB
from common.adapters.mongo.client import Database, connect
from common.adapters.mongo.collections import ensure_collections
from common.adapters.mongo.flows import MongoFlows
from common.adapters.mongo.keys import MongoKeys
from common.adapters.mongo.report_rollups import ROLLUPS
from common.adapters.mongo.report_rows import ENROLMENTS, FACT_TABLES, STEP_PASSAGES
from common.domain.access import Scope
from common.domain.report_tables.forms import Form
from common.runtime.keys import make_key
from tests.support.flows import a_flow
from tests.support.installation import Installation, installed
from tests.support.mongod import running_mongod
from tests.support.processes import resident_megabytes

NAME = "bench"
TIMES = 300
PAGES = 30
"""Of a table, one behind the other."""
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Question:
    name: str
    path: str
    asked: Mapping[str, object]


def questions() -> Sequence[Question]:
    one, last = f"/v1/reports/flows/{BIG}", END.date()

    def since(days: int, by: str = "day") -> dict[str, object]:
        return {"from": str(last - timedelta(days=days - 1)), "to": str(last), "by": by}

    flows = [f"flow-{number}" for number in range(FLOWS)]
    return (
        Question("all flows", "/v1/reports/flows", {}),
        Question("a flow, 90 days", one, since(90)),
        Question("a flow, 366 days", one, since(366)),
        Question("a flow, 366 days by week", one, since(366, "week")),
        Question("a flow, 10 years by month", one, since(3660, "month")),
        Question("a flow, 14 days by hour", one, since(14, "hour")),
        Question("steps", f"{one}/steps", {}),
        Question("revenue, 90 days", f"{one}/revenue", since(90) | {"window": 90}),
        Question("revenue, 366 days", f"{one}/revenue", since(366) | {"window": 90}),
        Question("revenue, 10 years by month", f"{one}/revenue", since(3660, "month") | {"window": 90}),
        Question("ten flows compared", "/v1/reports/comparison", {"flow": flows}),
    )


MONTH = "day ge 2026-01-01 and day lt 2026-02-01"
TABLES = {
    "steps passed, all": "/odata/report_step_passages",
    "steps passed, the latest first": "/odata/report_step_passages?$orderby=at desc",
    "a flow's, in a month": f"/odata/report_step_passages?$filter=flow eq 'flow-1' and {MONTH}",
    "of some days": "/odata/report_step_passages?$filter=day ge 2026-01-01 and day lt 2026-01-08",
    "messages by flow and state": "/odata/report_messages?$filter=flow eq 'flow-1' and state eq 'done'",
    "contacts that opened": "/odata/report_messages?$filter=opened_at ne null&$select=contact,opened_at",
}


async def seconds(installation: Installation, question: Question) -> list[float]:
    found = []
    for _ in range(TIMES):
        began = perf_counter()
        answer = await installation.client.get(installation.url(question.path), params=dict(question.asked))  # type: ignore[arg-type]
        found.append(perf_counter() - began)
        assert answer.status_code == 200, answer.text
    return found


async def pages(installation: Installation, path: str) -> list[float]:
    """Of one page behind the other, the first one first."""
    link: str | None = installation.url(path)
    found = []
    while link and len(found) < PAGES:
        began = perf_counter()
        answer = await installation.client.get(link)
        found.append(perf_counter() - began)
        assert answer.status_code == 200, answer.text
        link = answer.json().get("@odata.nextLink")
    return found


@dataclass(frozen=True)
class Exported:
    """Megabytes of the process before, and at most."""

    bytes: int
    seconds: float
    before: float
    most: float


async def export(installation: Installation, form: Form) -> Exported:
    """The longest table, read and thrown away."""
    pid, size = installation.pid("reporting"), 0
    before = most = resident_megabytes(pid)
    began = looked = perf_counter()
    path = installation.url(f"/v1/reports/exports/{STEP_PASSAGES}?format={form}")
    async with installation.client.stream("GET", path) as answer:
        assert answer.status_code == 200
        async for piece in answer.aiter_raw():
            size += len(piece)
            if perf_counter() - looked > LOOK_SECONDS:
                looked, most = perf_counter(), max(most, resident_megabytes(pid))
    return Exported(size, perf_counter() - began, before, most)


async def prepare(url: str, participants: int) -> str:
    """Flows and facts, unless they are there. Indexes are made at the end: so they cost a tenth."""
    database = connect(url, NAME, patience=600)
    async with database.client:
        await ensure_collections(database)
        if await database[ENROLMENTS].estimated_document_count() >= participants * 9 // 10:
            return "found"
        for collection in (*FACT_TABLES, *ROLLUPS.values()):
            await database[collection].drop_indexes()
        draft = a_flow("Bench").having(timezone=ZONE.key).wait("rest", days=1).build()
        for number in range(FLOWS):
            await MongoFlows(database).create(f"flow-{number}", draft, at=START, by="bench")
        began = perf_counter()
        facts = await asyncio.to_thread(fill, url, NAME, participants)
        written = perf_counter() - began
        await ensure_collections(database)
        indexed = perf_counter() - began - written
        return f"{facts:,} facts, written in {written:,.0f} s, indexes made in {indexed:,.0f} s"


@asynccontextmanager
async def reporting(url: str) -> AsyncIterator[Installation]:
    """A reporting process, asked with a key that may read reports."""
    with TemporaryDirectory() as name:
        data = Path(name) / "data"
        data.mkdir()
        key = make_key("bench", [Scope.REPORTS])
        (data / "key").write_text(key.secret)
        database: Database = connect(url, NAME)
        async with database.client:
            await MongoKeys(database).add(key.key)
        environment = {
            "HEADRACE_MONGODB_URL": url,
            "HEADRACE_DATABASE": NAME,
            "HEADRACE_DATA_DIR": str(data),
            "HEADRACE_PARTITIONS": str(PARTITIONS),
            "HEADRACE_SECRET": "a secret of the bench, long enough to be taken",
        }
        async with installed(Path(name), environment, ("reporting",)) as installation:
            yield installation


async def measure(url: str, participants: int) -> None:
    console = Console(width=120)
    console.print(f"{participants:,} participants; {await prepare(url, participants)}")
    async with reporting(url) as installation:
        console.print(figures({each.name: await seconds(installation, each) for each in questions()}))
        console.print(rows({name: await pages(installation, path) for name, path in TABLES.items()}))
        console.print(files({form: await export(installation, form) for form in Form}))


def figures(answers: Mapping[str, Sequence[float]]) -> Table:
    table = Table("question", "median, ms", "p99, ms")
    for name, times in answers.items():
        cuts = quantiles(times, n=100)
        table.add_row(name, f"{cuts[49] * 1000:.1f}", f"{cuts[98] * 1000:.1f}")
    return table


def rows(answers: Mapping[str, Sequence[float]]) -> Table:
    table = Table("pages of 5,000 rows", "first, ms", "later: median, ms", "at most, ms", "pages")
    for name, (first, *later) in answers.items():
        later = sorted(later) or [first]
        cells = (first, later[len(later) // 2], later[-1])
        table.add_row(name, *(f"{each * 1000:,.0f}" for each in cells), f"{len(answers[name])}")
    return table


def files(answers: Mapping[Form, Exported]) -> Table:
    table = Table("steps passed as", "MB", "s", "process before, MB", "at most, MB")
    for form, found in answers.items():
        cells = (found.bytes / 1e6, found.seconds, found.before, found.most)
        table.add_row(form.value, *(f"{each:,.0f}" for each in cells))
    return table


@contextmanager
def server() -> Iterator[str]:
    with (
        TemporaryDirectory() as name,
        contextmanager(running_mongod)(Path(name) / "mongod", CACHE_GB) as mongod,
    ):
        yield mongod.url


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    if len(sys.argv) > 2:
        asyncio.run(measure(sys.argv[2], count))
    else:
        with server() as url:
            asyncio.run(measure(url, count))
