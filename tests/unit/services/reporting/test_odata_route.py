import httpx
import pytest
from fastapi import APIRouter, FastAPI

from services.reporting.odata_route import ODataRoute


def tables() -> FastAPI:
    routes = APIRouter(prefix="/odata", route_class=ODataRoute)

    @routes.get("/{table:path}")
    async def read_table(table: str) -> str:
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
