from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Path

from services.reporting.odata_route import ODataRoute


def tables() -> FastAPI:
    routes = APIRouter(prefix="/odata", route_class=ODataRoute)

    @routes.get("/{table:path}")
    async def read_table(table: Annotated[str, Path(max_length=20)]) -> str:
        return table

    app = FastAPI()
    app.include_router(routes)
    return app


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_what_would_write_is_refused_in_odata_s_form(method: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(tables()), base_url="http://odata") as client:
        answer = await client.request(method, "/odata/report_flows", json={})
        assert (await client.get("/odata/report_flows")).json() == "report_flows"

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert answer.headers["OData-Version"] == "4.0"
    assert answer.json()["error"]["code"] == "read-only"


async def test_a_parameter_that_can_t_be_is_the_client_s_mistake() -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(tables()), base_url="http://odata") as client:
        answer = await client.get(f"/odata/{'x' * 21}")

    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "code": "invalid",
        "message": "table: String should have at most 20 characters",
    }
