"""All services in one process on a real database and a real SMTP server, spoken to as clients do.

Business time stands, and is moved by the test: what is told of an event is true when `happens` comes back.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from common.adapters.mongo.client import Database, connect
from common.domain.access import Scope
from common.domain.contact import E_MARKETING
from common.runtime.serve import App, Worker, api
from common.runtime.setting_parts import SmsSettings, WebhookSettings
from common.runtime.settings import ReaderSettings, Settings, SmtpSettings
from services.all_in_one import SERVICES
from services.process import Process, assemble, open_process
from tests.support.flows import FlowBuilder
from tests.support.http_sink import HttpSink
from tests.support.replay import stand_at_start
from tests.support.smtp_sink import SmtpSink

PARTITIONS = 2
SECRET = "whsec_" + b64encode(b"a secret of the tests, not more").decode()
"""What calls to other systems are signed with."""
STOP_SECONDS = 60.0
"""In which workers must have ended; plenty, for a machine under load."""
HTML = (
    "<p>{{ contact.first_name }}</p>"
    '<a href="{{ links.offer }}">Offer</a> <a href="{{ forms.rsvp }}">Answer</a>'
    ' <a href="{{ unsubscribe }}">Unsubscribe</a>'
)
CONSENT = {"consents": {E_MARKETING: {"basis": "consent"}}}


@dataclass
class Engine:
    """A client with the installation's first key, and the mail and web servers that it sends to. `database` is the
    test's own connection: what the services ask of theirs is watched."""

    http: httpx.AsyncClient
    face: FastAPI
    process: Process
    database: Database
    sink: SmtpSink
    web: HttpSink
    numbers: Any = field(default_factory=lambda: count(1))

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        return await self.http.request(method, path, **request)

    async def call(self, method: str, path: str, **request: Any) -> Any:
        """The JSON of a successful answer."""
        answer = await self.ask(method, path, **request)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def key(self, *scopes: Scope) -> str:
        body = {"name": "a key", "scopes": list(scopes)}
        made = await self.call("POST", "/v1/keys", json=body)
        return str(made["key"])

    async def content(self, name: str) -> None:
        body = {
            "name": name,
            "subject": name,
            "html": HTML,
            "links": {"offer": "https://shop.example.org/offer?a=1&b=2"},
            "forms": ["rsvp"],
        }
        await self.call("PUT", f"/v1/contents/{name}", json=body)

    async def selection(self, name: str) -> None:
        await self.call("PUT", f"/v1/selections/{name}", json={"name": name})

    async def design(self, flow_id: str, flow: FlowBuilder) -> str:
        """Save a flow; answers its ETag."""
        body = flow.build().model_dump(mode="json", exclude_unset=True)
        answer = await self.ask("PUT", f"/v1/flows/{flow_id}", json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.headers["ETag"]

    async def runs(self, flow_id: str, flow: FlowBuilder) -> None:
        """Save a flow, and let people in."""
        etag = await self.design(flow_id, flow)
        await self.call("POST", f"/v1/flows/{flow_id}/run", headers={"If-Match": etag})

    async def act(self, flow_id: str, act: str) -> None:
        etag = (await self.ask("GET", f"/v1/flows/{flow_id}")).headers["ETag"]
        await self.call("POST", f"/v1/flows/{flow_id}/{act}", headers={"If-Match": etag})
        await self.drain()

    async def contacts(self, *ids: str, **fields: Any) -> None:
        """Bring in people who may be mailed, unless told otherwise."""
        people = [{"id": i, "email": f"{i}@example.org", **CONSENT, **fields} for i in ids]
        await self.call("PUT", "/v1/contacts", json=people)
        await self.drain()

    async def posts(self, event_type: str, contact: str, **data: Any) -> Any:
        event = {"id": f"e{next(self.numbers)}", "type": event_type, "contact": contact, "data": data}
        return await self.call("POST", "/v1/events", json=event)

    async def happens(self, event_type: str, contact: str, **data: Any) -> None:
        """An event, with everything that follows from it at once."""
        await self.posts(event_type, contact, **data)
        await self.drain()

    async def suggests(self, flow_id: str, *contacts: str) -> None:
        body = {"id": f"s{next(self.numbers)}", "flow": flow_id, "contacts": list(contacts)}
        await self.call("POST", "/v1/enrolments", json=body)
        await self.drain()

    async def drain(self) -> None:
        await self.call("POST", "/v1/clock/drain", json={"patience": 20})

    async def now(self) -> datetime:
        return datetime.fromisoformat((await self.call("GET", "/v1/clock"))["now"])

    async def pass_(self, **length: float) -> None:
        """Let so much business time go by."""
        to = await self.now() + timedelta(**length)
        await self.call("POST", "/v1/clock/advance", json={"to": to.isoformat(), "patience": 20})

    async def contact(self, contact: str) -> Mapping[str, Any]:
        """The stored document."""
        found = await self.database["contacts"].find_one({"_id": contact})
        assert found is not None
        return found

    async def passages(self, flow_id: str, contact: str | None = None) -> Sequence[dict[str, Any]]:
        """Participants, by the time at which they entered."""
        page = await self.call("GET", "/v1/participants", params={"flow": flow_id, "limit": 1000})
        found = [p for p in page["participants"] if contact in (None, p["contact"])]
        return sorted(found, key=lambda p: (p["enrolled_at"], p["contact"]))

    async def passage(self, flow_id: str, contact: str) -> dict[str, Any]:
        """The contact's only passage."""
        (one,) = await self.passages(flow_id, contact)
        return one

    async def why(self, contact: str, flow_id: str | None = None) -> str:
        """Everything told about it, as one text."""
        params = {"contact": contact} | ({"flow": flow_id} if flow_id else {})
        return "\n".join((await self.call("GET", "/v1/why", params=params))["lines"])

    def mails(self, contact: str) -> list[str]:
        """The subjects of the mails that it got."""
        return [
            got.subject for got in self.sink.counts.elements() if got.recipient == f"{contact}@example.org"
        ]


@asynccontextmanager
async def an_engine(mongo_url: str, database: str, folder: Path, **more: Any) -> AsyncIterator[Engine]:
    """Everything started and ready, its clock standing; stopped at the end, the database dropped. `more`: further
    settings."""
    sink = SmtpSink()
    await sink.start()
    web = HttpSink()
    await web.start()
    await stand_at_start(mongo_url, database)
    settings = Settings(
        mongodb_url=SecretStr(mongo_url),
        database=database,
        data_dir=folder,
        partitions=PARTITIONS,
        body_limit=200_000,
        smtp=SmtpSettings(url=SecretStr(f"smtp://127.0.0.1:{sink.port}")),
        webhook=WebhookSettings(allow="127.0.0.0/8", secret=SecretStr(SECRET)),
        sms=SmsSettings(url=f"{web.url}/sms", token=SecretStr("token"), region="DE"),
        **{"reader": ReaderSettings(soon=0, together=0)} | more,
    )
    process = await open_process(settings)
    own = connect(mongo_url, database)
    async with own.client, process.closing:
        app = assemble(process, [await service.parts(process) for service in SERVICES])
        face = api(app, settings)
        async with serving(app, face, settings) as http:
            await ready(http)
            yield Engine(http, face, process, own, sink, web)
        await own.client.drop_database(database)
    await web.stop()
    await sink.stop()


@asynccontextmanager
async def serving(app: App, face: FastAPI, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Its workers running, and a client."""
    stopping = asyncio.Event()
    workers = [asyncio.create_task(started(worker, stopping)) for worker in app.workers]
    transport = httpx.ASGITransport(face, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {settings.key_file.read_text().strip()}"}
    async with httpx.AsyncClient(
        transport=transport, base_url=settings.public_url, headers=headers, timeout=60
    ) as http:
        try:
            yield http
        finally:
            stopping.set()
            await ended_well(workers)


async def ready(http: httpx.AsyncClient) -> None:
    """Until it has taken its partitions."""
    async with asyncio.timeout(STOP_SECONDS):
        while True:
            if (await http.get("/readyz")).status_code == 200:
                return
            await asyncio.sleep(0.02)


async def started(worker: Worker, stopping: asyncio.Event) -> None:
    await worker(stopping)


async def ended_well(workers: Sequence["asyncio.Task[None]"]) -> None:
    """All of them, soon and without an error."""
    done, late = await asyncio.wait(workers, timeout=STOP_SECONDS)
    stuck = [[f"{frame.f_code.co_qualname}:{frame.f_lineno}" for frame in task.get_stack()] for task in late]
    for task in late:
        task.cancel()
    assert not late, stuck
    for task in done:
        task.result()
