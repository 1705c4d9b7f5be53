"""One installation for all tests here; each uses flows and contacts of its own."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.integration.services.engine import Engine, an_engine
from tests.support.mongod import TestMongod


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine(mongod: TestMongod, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    mongod.start()
    database = f"test_{uuid4().hex[:12]}"
    async with an_engine(mongod.url, database, tmp_path_factory.mktemp("operations")) as started:
        await started.content("hello")
        await started.selection("done")
        yield started
