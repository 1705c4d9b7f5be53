"""What every place must do in which flows have things done: the built-in CRM, signed calls, the reference CRM."""

import copy
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import ClassVar

import pytest
import pytest_asyncio
from pydantic import SecretStr
from standardwebhooks import Webhook

from common.adapters.crm.acts import CrmActs
from common.adapters.crm.channel import PreparedDeed
from common.adapters.crm.identities import Identities
from common.adapters.crm.persons import CrmPersons
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
from common.domain.contact import Company, Contact
from common.domain.crm_act import (
    AnyAct,
    ChangedCompany,
    ChangedContact,
    Join,
    NewContact,
    NewFollowUp,
    NewRequest,
    NewSale,
    Quit,
    ScriptRun,
)
from common.domain.delivery import Delivered, Refused, Uncertain, Unreached
from common.ports import Crm, Deed
from tests.support.crm_server import ADA, BASE, CrmServer
from tests.support.flows import START, a_contact
from tests.support.http_sink import Fault, HttpSink, Reply
from tests.support.mongod import Database
from tests.support.users import beside

pytestmark = pytest.mark.mongo

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CONTACT = a_contact(
    "8",
    first_name="Ada",
    email="ada@new.example",
    owner="17",
    interests=["Tea"],
    company=Company(id="5", name="Mill Ltd"),
    selections=["17"],
    projects=["3"],
    custom={"tier": "gold"},
    country="SE",
)
MEETING = NewFollowUp(title="Meet", meeting=True, begins=START, owner="37201", minutes=60)
CREATES: list[AnyAct] = [
    NewRequest(title="Stuck", message="Please help", automatic=True),
    NewSale(title="Mill", amount=1200.5, currency="36", stage="2", project="3", owner="37201"),
    NewFollowUp(title="Call", begins=START, owner="37201"),
    MEETING,
]
FIELDS = ("first_name", "email", "owner", "interests", "country", "custom.tier")
TOLD: list[AnyAct] = [
    NewContact(),
    ChangedContact(fields=FIELDS),
    ChangedCompany(company="5", fields=("company.name",)),
    Join(of="selection", name="17"),
    Join(of="project", name="3"),
    Quit(of="selection", name="18"),
    Quit(of="project", name="4"),
]
EVERYTHING = [*CREATES, *TOLD]


def a_deed(act: AnyAct, name: str = "e1", contact: Contact = CONTACT) -> Deed:
    return Deed(name, act.as_of(contact), contact, "welcome", START, cause="order-1", depth=1)


class People:
    """Who is who, kept by nobody."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    async def there(self, contacts: Iterable[str]) -> Mapping[str, str]:
        return {contact: self.known[contact] for contact in contacts if contact in self.known}

    async def here(self, keys: Iterable[str]) -> Mapping[str, str]:
        return {key: contact for contact, key in self.known.items() if key in keys}

    async def note(self, contact: str, key: str) -> None:
        self.known.setdefault(contact, key)


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
        self.people = People()
        persons = CrmPersons(self.session)
        self.crm = RestCrm(CrmActs(self.session), persons, Identities(persons, self.people), 0.5)

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
        server.put("Person", 8, **copy.deepcopy(ADA))
        server.put("Contact", 5, ContactId=5, Name="Mill & Co")
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


async def test_a_contact_is_told_as_it_stands_and_what_has_no_place_is_named(rest: RestPlace) -> None:
    done = await rest.crm.perform(a_deed(TOLD[1]))
    assert isinstance(done, Delivered)
    assert done.text == "answered 200; the CRM has no place for country, custom.tier"
    assert done.at == datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC)
    person = rest.server.records["Person"][8]
    assert [each["Value"] for each in person["Emails"]] == ["not an address", "ada@new.example"]
    assert [each["Selected"] for each in person["Interests"]] == [False, True]
    assert person["Associate"] == {"AssociateId": 17}

    again = await rest.crm.perform(a_deed(TOLD[1], "e2"))
    assert isinstance(again, Delivered) and again.text.startswith("was so already")
    assert [asked.method for asked in rest.server.at(f"{BASE}/Person/8")] == ["GET", "PATCH", "GET"]


async def test_a_company_is_told_of_its_own_fields(rest: RestPlace) -> None:
    assert isinstance(await rest.crm.perform(a_deed(TOLD[2])), Delivered)
    assert rest.server.records["Contact"][5]["Name"] == "Mill Ltd"


async def test_lists_that_the_crm_does_not_have_stay_here(rest: RestPlace) -> None:
    done = await rest.crm.perform(a_deed(Join(of="selection", name="friends")))
    assert isinstance(done, Delivered) and "kept here alone" in done.text
    assert rest.server.asked == []


async def test_who_has_left_again_meanwhile_is_not_told_to_have_joined(rest: RestPlace) -> None:
    deed = a_deed(Join(of="selection", name="99"))
    assert await PreparedDeed(deed, rest.crm).send() == Delivered("it is no longer so")
    assert rest.server.asked == []


async def test_a_change_without_an_answer_is_told_again(rest: RestPlace) -> None:
    rest.server.answers[f"{BASE}/Contact/5"] += [Reply(200, b'{"Name": "Mill"}'), Fault.BREAK]
    refused = await rest.crm.perform(a_deed(TOLD[2]))
    assert isinstance(refused, Refused) and not refused.permanent


NEW = a_contact("form-made", first_name="Bo", email="bo@example.org", interests=["Tea"])


async def test_whom_the_crm_does_not_know_is_made_there_once(rest: RestPlace) -> None:
    for number, act in enumerate([NewContact(), NewContact(), CREATES[1]]):
        assert isinstance(await rest.crm.perform(a_deed(act, f"e{number}", NEW)), Delivered)
    assert rest.people.known == {"form-made": "9"}
    assert len(rest.server.records["Person"]) == 2
    assert rest.server.records["Person"][9]["Emails"] == [{"Value": "bo@example.org", "Description": ""}]
    assert rest.server.records["Sale"][1]["Person"] == {"PersonId": 9}


async def test_a_person_whose_making_was_not_answered_is_found_by_address(rest: RestPlace) -> None:
    rest.server.answers[f"{BASE}/Person"] += [Reply(200, b'{"value": []}'), Fault.BREAK]
    refused = await rest.crm.perform(a_deed(CREATES[1], contact=NEW))
    assert isinstance(refused, Refused) and not refused.permanent
    rest.server.put("Person", 12, PersonId=12, Emails=[{"Value": "bo@example.org"}])
    assert isinstance(await rest.crm.perform(a_deed(CREATES[1], contact=NEW)), Delivered)
    assert rest.people.known == {"form-made": "12"}
    assert len(rest.server.records["Sale"]) == 1


async def test_of_several_with_one_address_nobody_is_guessed(rest: RestPlace) -> None:
    for key in (20, 21):
        rest.server.put("Person", key, PersonId=key, Emails=[{"Value": "bo@example.org"}])
    refused = await rest.crm.perform(a_deed(CREATES[1], contact=NEW))
    assert isinstance(refused, Refused) and refused.permanent and "several" in refused.text


async def test_a_record_that_changed_meanwhile_is_read_and_changed_anew(rest: RestPlace) -> None:
    act = ChangedContact(fields=("owner",))
    old = Reply(200, b'{"UpdatedDate": "2026-03-02T11:00:00"}')
    overtaken = [old, Reply(412)]
    rest.server.answers[f"{BASE}/Person/8"] += overtaken * (TRIES - 1)
    assert isinstance(await rest.crm.perform(a_deed(act)), Delivered)
    assert rest.server.records["Person"][8]["Associate"] == {"AssociateId": 17}

    rest.server.answers[f"{BASE}/Person/8"] += overtaken * TRIES
    refused = await rest.crm.perform(a_deed(act))
    assert isinstance(refused, Refused) and not refused.permanent


async def test_a_signed_call_tells_the_values_of_that_moment(signed: SignedPlace) -> None:
    await signed.crm.perform(a_deed(TOLD[1]))
    (asked,) = signed.sink.at("/acts")
    assert asked.document["type"] == "crm.change_contact"
    assert asked.document["data"]["values"] == {
        "first_name": "Ada", "email": "ada@new.example", "owner": "17", "interests": ["Tea"], "country": "SE",
        "custom": {"tier": "gold"},
    }  # fmt: skip


async def test_meetings_in_one_diary_follow_one_another(built_in: BuiltInPlace) -> None:
    for number in range(6):
        await built_in.crm.perform(a_deed(MEETING, f"e{number}"))
    rows = built_in.database["follow_ups"].find().sort("begins")
    begins = [row["begins"] async for row in rows]
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert begins[:5] == [noon + timedelta(hours=n) for n in range(5)]
    assert begins[5] == datetime(2026, 3, 3, 9, tzinfo=UTC)
