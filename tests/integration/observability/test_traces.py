"""One trace from a request through every service to the mail, as a collector gets it."""

from pathlib import Path

from common.runtime.settings import OtelSettings
from tests.integration.observability.collector import collecting
from tests.integration.services.engine import an_engine
from tests.support.flows import a_flow
from tests.support.mongod import Database

TRACE = "0af7651916cd43dd8448eb211c80319c"
ORDER = {"id": "o1", "type": "order.placed", "contact": "c1", "data": {"amount": 40}}


async def test_one_trace_leads_from_the_request_through_every_service_to_the_mail(
    mongo_url: str, database: Database, tmp_path: Path
):
    with collecting() as collector:
        otel = OtelSettings(endpoint=collector.url, sample=0.0)
        async with an_engine(mongo_url, database.name, tmp_path, otel=otel) as engine:
            await engine.content("hello")
            flow = a_flow().triggered_by({"kind": "order_placed"}).mail("hello").wait("rest", days=1)
            await engine.runs("traced", flow)
            await engine.contacts("c1")
            traced = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
            await engine.call("POST", "/v1/events", json=ORDER, headers=traced)
            await engine.drain()
            assert engine.mails("c1") == ["hello"]

    names = {span.name for span in collector.trace(TRACE)}
    assert names == {
        "POST", "intake", "trigger", "success", "filter", "executor", "reporting", "send email"
    }  # fmt: skip
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE}, "nobody asked for the others"
