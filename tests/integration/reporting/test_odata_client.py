"""The service as a client sees it that others wrote: python-odata, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
import requests
import uvicorn
from odata import ODataService
from odata.exceptions import ODataError
from odata.property import PropertyBase

from common.adapters.mongo.keys import MongoKeys
from common.domain.access import Scope
from common.domain.report_tables import TABLES
from common.runtime.keys import make_key
from common.runtime.serve import api
from tests.integration.reporting.conftest import Reporting
from tests.integration.reporting.rows import fill
from tests.support.ports import free_port

pytestmark = pytest.mark.mongo


@pytest_asyncio.fixture
async def address(reporting: Reporting) -> AsyncIterator[str]:
    """The service on a port."""
    await fill(reporting)
    port = free_port()
    face = api(reporting.app, reporting.process.settings)
    server = uvicorn.Server(uvicorn.Config(face, port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}/odata/"
    server.should_exit = True
    await serving


@pytest_asyncio.fixture
async def service(reporting: Reporting, address: str) -> ODataService:
    """With all it learns from the metadata, and pages of three rows."""
    new = make_key("client", [Scope.REPORTS])
    await MongoKeys(reporting.process.database).add(new.key)
    session = requests.Session()
    session.auth = ("anybody", new.secret)
    session.headers["Prefer"] = "odata.maxpagesize=3"
    return await asyncio.to_thread(
        ODataService, address, session=session, reflect_entities=True, quiet_progress=True
    )


async def test_a_foreign_client_learns_every_table_and_column(service: ODataService) -> None:
    assert set(service.entities) == set(TABLES)
    for name, table in TABLES.items():
        entity = service.entities[name]
        members = [getattr(entity, member) for member in dir(entity)]
        learnt = {member.name for member in members if isinstance(member, PropertyBase)}
        assert learnt == {column.name for column in table.columns if not column.personal}


async def test_a_foreign_client_follows_pages_to_the_end(service: ODataService) -> None:
    revenue = service.entities["report_revenue"]
    rows = await asyncio.to_thread(service.query(revenue).order_by(revenue.run.desc()).all)
    assert [row.run for row in rows] == list(range(9, -1, -1))
    assert rows[2].at.astimezone(UTC) == datetime(2024, 1, 8, 9, 30, tzinfo=UTC)
    assert Decimal(str(rows[2].amount)) == Decimal("7.5")


async def test_a_foreign_client_filters_counts_and_takes_single_rows(service: ODataService) -> None:
    revenue = service.entities["report_revenue"]

    def found(*conditions: Any) -> list[int]:
        query = service.query(revenue)
        for condition in conditions:
            query = query.filter(condition)
        return [row.run for row in query.all()]

    def asked() -> None:
        assert found(revenue.run >= 3, revenue.run < 6) == [3, 4, 5]
        assert found(revenue.flow == "a.b") == [0, 2, 4, 6, 8]
        assert found(revenue.flow.contains("x")) == [1, 3, 5, 7, 9]
        assert found(revenue.flow.startswith("a"), revenue.amount > 4) == [4, 8]
        assert found(revenue.at > datetime(2024, 1, 8, tzinfo=UTC)) == [7, 8, 9]
        assert service.query(revenue).filter(revenue.run > 6).count() == 3
        assert service.query(revenue).get("r04").run == 4
        assert [row.run for row in service.query(revenue).limit(2).offset(4).all()] == [4, 5]
        with pytest.raises(ODataError) as refused:
            service.query(revenue).raw({"$filter": "run eq 'four'"})
        assert "can't be compared" in str(refused.value.message)

    await asyncio.to_thread(asked)
