"""The containers, one set a run."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.compose.stack import COMPOSE, Stack
from tests.support.installation import APART


@pytest_asyncio.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Built, up and ready. Logs stay in the folder; containers and volumes go."""
    folder = tmp_path_factory.mktemp("logs")
    stack = Stack(folder)
    try:
        if stack.compose("version").returncode != 0:
            pytest.fail(f"`{' '.join(COMPOSE)}` does not run here; name another in COMPOSE")
        stack.must("build", APART[0])
        stack.up()
        await stack.ready()
        yield stack
        for service in (*APART, "proxy", "mongodb", "rabbitmq"):
            (folder / f"{service}.log").write_text(stack.logs(service))
    finally:
        await stack.client.aclose()
        stack.down()
