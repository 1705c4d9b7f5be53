"""One installation for each module of tests; each test uses flows and contacts of its own."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.integration.services.engine import Engine, an_engine
from tests.support.mongod import TestMongod
from tests.support.query_plans import nothing_read_whole


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine(mongod: TestMongod, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    mongod.start()
    database = f"test_{uuid4().hex[:12]}"
    async with an_engine(mongod.url, database, tmp_path_factory.mktemp("engine")) as started:
        for name in ("hello", "again"):
            await started.content(name)
        for name in ("done", "staff"):
            await started.selection(name)
        async with nothing_read_whole(started.database):
            yield started
