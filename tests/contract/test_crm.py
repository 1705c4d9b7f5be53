"""What every place must do in which flows have things done: the built-in CRM, signed calls, the reference CRM."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import ClassVar

import pytest
import pytest_asyncio
from pydantic import SecretStr
from standardwebhooks import Webhook

from common.adapters.crm.acts import CrmActs
from common.adapters.crm.rest_crm import TRIES, RestCrm
from common.adapters.crm.session import Session
from common.adapters.crm.signed import SignedCrm
from common.adapters.http.guarded import GuardedTransport
from common.adapters.mongo.archive import MongoArchive
from common.adapters.mongo.batch import MongoBatches
from common.adapters.mongo.client import connect
from common.adapters.mongo.clock import MongoClock
from common.adapters.mongo.collections import ensure_collections
from common.adapters.mongo.crm_records import BuiltInCrm
from common.adapters.webhooks.channel import WebhookChannel
from common.adapters.webhooks.signing import Secrets
from common.domain.contact import Company
from common.domain.crm_act import AnyAct, NewFollowUp, NewOwner, NewRequest, NewSale, ScriptRun
from common.domain.delivery import Delivered, Refused, Uncertain, Unreached
from common.ports import Crm, Deed
from tests.support.crm_server import ADA, BASE, CrmServer
from tests.support.flows import START, a_contact
from tests.support.http_sink import Fault, HttpSink, Reply
from tests.support.mongod import Database
from tests.support.users import beside

pytestmark = pytest.mark.mongo

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CONTACT = a_contact("8", company=Company(id="5"))
MEETING = NewFollowUp(title="Meet", meeting=True, begins=START, owner="37201", minutes=60)
CREATES: list[AnyAct] = [
    NewRequest(title="Stuck", message="Please help", automatic=True),
    NewSale(title="Mill", amount=1200.5, currency="36", stage="2", project="3", owner="37201"),
    NewFollowUp(title="Call", begins=START, owner="37201"),
    MEETING,
]
EVERYTHING = [*CREATES, NewOwner(owner="37201")]


def a_deed(act: AnyAct, name: str = "e1") -> Deed:
    return Deed(name, act, CONTACT, "welcome", START, cause="order-1", depth=1)


class Place(ABC):
    """One of them, with what a test has to know of it."""

    crm: Crm

    @abstractmethod
    async def made(self, kind: str) -> int:
        """How many records of this kind of act it has come to have."""


class BuiltInPlace(Place):
    def __init__(self, url: str, name: str) -> None:
        self.database = connect(url, name)
        batches = MongoBatches(self.database, 1, lambda tickets: None)
        archive = MongoArchive(self.database, MongoClock(self.database), 1, lambda tickets: None)
        self.crm = BuiltInCrm(self.database, batches, archive)

    async def made(self, kind: str) -> int:
        return await self.database[f"{kind.removeprefix('create_')}s"].count_documents({})


class SignedPlace(Place):
    def __init__(self, sink: HttpSink) -> None:
        self.sink = sink
        transport = GuardedTransport([ip_network("127.0.0.0/8")], connections=2)
        secrets = Secrets(SecretStr(SECRET), {})
        self.channel = WebhookChannel(transport, secrets, beside(), connections=2, timeout=0.5)
        self.crm = SignedCrm(self.channel, f"{sink.url}/acts")

    async def made(self, kind: str) -> int:
        """Whoever takes these tells repeats by their id."""
        told = [each for each in self.sink.at("/acts") if each.document["type"] == f"crm.{kind}"]
        return len({each.headers["webhook-id"] for each in told})


class RestPlace(Place):
    NAMES: ClassVar = {"create_request": "Ticket", "create_sale": "Sale", "create_follow_up": "Appointment"}

    def __init__(self, server: CrmServer) -> None:
        self.server = server
        self.session = Session(server.account, timeout=0.5)
        self.crm = RestCrm(CrmActs(self.session), 0.5)

    async def made(self, kind: str) -> int:
        return len(self.server.records.get(self.NAMES[kind], {}))


@pytest_asyncio.fixture
async def built_in(mongo_url: str, database: Database) -> AsyncIterator[BuiltInPlace]:
    place = BuiltInPlace(mongo_url, database.name)
    await ensure_collections(place.database)
    yield place
    await place.database.client.close()


@pytest_asyncio.fixture
async def signed() -> AsyncIterator[SignedPlace]:
    async with AsyncExitStack() as closing:
        sink = HttpSink()
        await sink.start()
        closing.push_async_callback(sink.stop)
        place = SignedPlace(sink)
        closing.push_async_callback(place.channel.close)
        yield place


@pytest_asyncio.fixture
async def rest() -> AsyncIterator[RestPlace]:
    async with AsyncExitStack() as closing:
        server = CrmServer()
        await server.start()
        closing.push_async_callback(server.stop)
        server.put("Person", 8, **ADA)
        place = RestPlace(server)
        closing.push_async_callback(place.session.close)
        yield place


@pytest.fixture(params=["built_in", "signed", "rest"])
def place(request: pytest.FixtureRequest) -> Place:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Place)
    return found


@pytest.mark.parametrize("act", EVERYTHING, ids=lambda act: act.kind)
async def test_each_act_is_done(place: Place, act: AnyAct) -> None:
    assert isinstance(await place.crm.perform(a_deed(act)), Delivered)
    if act in CREATES:
        assert await place.made(act.kind) == 1


async def test_two_deeds_are_two_records(place: Place) -> None:
    for name in ("e1", "e2"):
        assert isinstance(await place.crm.perform(a_deed(CREATES[0], name)), Delivered)
    assert await place.made("create_request") == 2


@pytest.mark.parametrize("act", CREATES, ids=lambda act: act.kind)
async def test_where_repeats_are_known_the_same_deed_again_is_done_once(place: Place, act: AnyAct) -> None:
    if not place.crm.knows_repeats:
        pytest.skip("it says that it does not know them")
    for _ in range(2):
        assert isinstance(await place.crm.perform(a_deed(act)), Delivered)
    assert await place.made(act.kind) == 1


async def test_what_is_told_is_signed_under_the_effect_s_id(signed: SignedPlace) -> None:
    await signed.crm.perform(a_deed(CREATES[1]))
    (asked,) = signed.sink.at("/acts")
    told = Webhook(SECRET).verify(asked.body, dict(asked.headers))
    assert asked.headers["webhook-id"] == "e1"
    assert told["type"] == "crm.create_sale"
    assert told["data"]["contact"] == "8"
    assert (told["data"]["company"], told["data"]["amount"], told["data"]["owner"]) == ("5", 1200.5, "37201")


async def test_a_script_is_run_where_there_are_any(
    signed: SignedPlace, rest: RestPlace, built_in: BuiltInPlace
) -> None:
    deed = a_deed(ScriptRun(script="score", parameters={"who": "8"}))
    assert isinstance(await signed.crm.perform(deed), Delivered)
    assert isinstance(await rest.crm.perform(deed), Delivered)
    refused = await built_in.crm.perform(deed)
    assert isinstance(refused, Refused) and refused.permanent and "HEADRACE_CRM_KIND" in refused.text


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.BREAK])
async def test_no_answer_is_uncertain_outside(signed: SignedPlace, rest: RestPlace, fault: Fault) -> None:
    signed.sink.answers["/acts"].append(fault)
    rest.server.answers[f"{BASE}/Sale"].append(fault)
    for crm in (signed.crm, rest.crm):
        assert isinstance(await crm.perform(a_deed(CREATES[1])), Uncertain)


async def test_where_nobody_listens_nothing_has_left(signed: SignedPlace, rest: RestPlace) -> None:
    await signed.sink.stop()
    await rest.server.stop()
    told = [await crm.perform(a_deed(CREATES[1])) for crm in (signed.crm, rest.crm)]
    assert isinstance(told[0], Refused) and not told[0].permanent
    assert isinstance(told[1], Unreached)


@pytest.mark.parametrize(
    "act", [NewSale(title="Mill", currency="EUR"), NewRequest(title="Stuck", category="sales")]
)
async def test_the_reference_crm_takes_numbers_alone(rest: RestPlace, act: AnyAct) -> None:
    refused = await rest.crm.perform(a_deed(act))
    assert isinstance(refused, Refused) and refused.permanent and "by numbers" in refused.text


async def test_an_owner_whose_record_changed_meanwhile_is_given_anew(rest: RestPlace) -> None:
    old = Reply(200, b'{"UpdatedDate": "2026-03-02T11:00:00"}')
    overtaken = [old, Reply(412)]
    rest.server.answers[f"{BASE}/Person/8"] += overtaken * (TRIES - 1)
    assert isinstance(await rest.crm.perform(a_deed(NewOwner(owner="17"))), Delivered)
    assert rest.server.records["Person"][8]["Associate"] == {"AssociateId": 17}

    rest.server.answers[f"{BASE}/Person/8"] += overtaken * TRIES
    refused = await rest.crm.perform(a_deed(NewOwner(owner="18")))
    assert isinstance(refused, Refused) and not refused.permanent


async def test_meetings_in_one_diary_follow_one_another(built_in: BuiltInPlace) -> None:
    for number in range(6):
        await built_in.crm.perform(a_deed(MEETING, f"e{number}"))
    rows = built_in.database["follow_ups"].find().sort("begins")
    begins = [row["begins"] async for row in rows]
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert begins[:5] == [noon + timedelta(hours=n) for n in range(5)]
    assert begins[5] == datetime(2026, 3, 3, 9, tzinfo=UTC)
