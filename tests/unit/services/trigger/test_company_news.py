"""What happens to a company, as its contacts hear of it: all of them, each once, a page at a time."""

from common.domain.contact import Company
from common.domain.event import COMPANY_CHANGED, COMPANY_TOLD, SALE_CREATED
from common.domain.reasons import Status
from services.trigger.company_news import PAGE
from tests.support.flows import a_contact, a_flow, line
from tests.unit.services.memory_road import MemoryRoad

KVARN = Company(id="k", name="Kvarn")
ON_COMPANY = {"kind": "company_sale_created"}
UPDATED = {"kind": "contact_updated"}


def road(*criteria, trigger="manual", contacts=("1", "2", "3")):
    flow = (
        a_flow().triggered_by({"kind": trigger}).succeeding_by(*(criteria or [ON_COMPANY])).wait("w", days=9)
    )
    found = MemoryRoad(flow.open())
    return found.knows(
        *(a_contact(each, company=KVARN) for each in contacts), a_contact("other", company=Company(id="o"))
    )


async def of_the_company(found, **data):
    """A sale that names the company alone, as it leaves the intake."""
    record = found.record(SALE_CREATED, "", company="k", **data).but(contact=None)
    await found.send(record)
    await found.run_on()
    return record


async def test_a_sale_on_the_company_is_a_success_for_whoever_of_it_is_inside_and_enrols_nobody():
    found = road()
    for contact in ("1", "2", "other"):
        await found.suggest(contact)

    sale = await of_the_company(found, amount=10)

    status = {each.contact: each.status for each in found.participants.rows.values()}
    assert status == {
        "1": Status.FINISHED_WITH_SUCCESS, "2": Status.FINISHED_WITH_SUCCESS, "other": Status.ACTIVE,
    }  # fmt: skip
    assert f"on event sale.created on its company ({sale.id[:8]})" in found.words
    assert "event.company not_empty None? It was 'k': yes" in found.words


async def test_a_sale_that_names_a_contact_counts_for_its_colleagues_and_for_itself():
    found = road()
    for contact in ("1", "2"):
        await found.suggest(contact)

    await found.happens(SALE_CREATED, "1", company="k")
    await found.run_on()

    assert {each.status for each in found.participants.rows.values()} == {Status.FINISHED_WITH_SUCCESS}


async def test_the_sale_that_enrolled_a_contact_is_no_success_of_its_own():
    found = road(trigger="sale_created")
    await found.happens(SALE_CREATED, "1", company="k")
    await found.run_on()
    assert [(each.contact, each.status) for each in found.participants.rows.values()] == [
        ("1", Status.ACTIVE)
    ]

    await of_the_company(found)
    assert found.passage("1").status is Status.FINISHED_WITH_SUCCESS


async def test_a_sale_from_before_somebody_came_in_does_not_count_though_it_arrives_later():
    found = road()
    record = found.record(SALE_CREATED, "", company="k").but(contact=None)
    await found.send(record)
    late = found.raised[:]
    found.raised.clear()
    await found.after(minutes=1).suggest("1")

    found.raised += late
    await found.run_on()

    assert found.passage("1").status is Status.ACTIVE


async def test_conditions_on_the_sale_decide():
    found = road({**ON_COMPANY, "conditions": [line("event.amount", "gt", 1000, "number")]})
    await found.suggest("1")

    await of_the_company(found, amount=1000)
    assert found.passage("1").status is Status.ACTIVE
    await of_the_company(found, amount=1001)
    assert found.passage("1").status is Status.FINISHED_WITH_SUCCESS


async def test_where_no_flow_asks_nobody_is_looked_for():
    found = road({"kind": "sale_created"})

    await found.send(found.record(SALE_CREATED, "", company="k").but(contact=None))

    assert found.raised == []


async def test_whoever_left_the_company_or_was_forgotten_hears_nothing_and_does_not_come_back():
    found = road()
    await found.suggest("1")
    await found.send(found.record(SALE_CREATED, "", company="k").but(contact=None))
    (asking,) = found.raised
    found.raised.clear()
    await found.send(asking)
    found.contacts.rows["1"] = found.contacts.rows["1"].but(company=Company(id="o"))
    del found.contacts.rows["2"]

    await found.run_on()

    assert found.passage("1").status is Status.ACTIVE
    assert "2" not in found.contacts.rows


async def test_a_large_company_is_told_a_page_at_a_time_and_everybody_once():
    people = [f"{n:05}" for n in range(2 * PAGE + 1)]
    found = road(contacts=people)
    await found.send(found.record(SALE_CREATED, "", company="k").but(contact=None))

    told: list[str] = []
    while found.raised:
        records, found.raised = found.raised, []
        assert len(records) <= PAGE + 1
        told += [each.contact for each in records if each.contact]
        await found.send(*[each for each in records if each.type == COMPANY_TOLD])

    assert told == people


async def test_a_batch_has_room_for_one_page_and_the_others_wait():
    found = road(contacts=[f"{n:05}" for n in range(PAGE)])
    sales = [found.record(SALE_CREATED, "", company="k").but(contact=None) for _ in range(3)]
    await found.send(*sales)
    asking, found.raised = found.raised, []
    await found.send(*asking)

    assert len(found.raised) == PAGE + 1 + 2
    assert [each for each in found.raised if each.id in {asking[1].id, asking[2].id}] == asking[1:]


async def test_a_step_that_changes_the_company_changes_it_for_everybody_there_and_triggers_nothing():
    flow = a_flow().triggered_by({"kind": "manual"}).update(
        "u", company={"category": "Customer", "custom": {"size": 12}}
    )  # fmt: skip
    hearing = a_flow().triggered_by(UPDATED).wait("w", days=1).open(flow_id="hearing")
    found = MemoryRoad(flow.open(), hearing)
    kvarn = Company(id="k", name="Kvarn", custom={"color": "red"})
    own = Company(id="k", name="Kvarn AB")
    found.knows(
        a_contact("1", company=kvarn), a_contact("2", company=own), a_contact("3", company=Company(id="o"))
    )

    await found.suggest("1")
    await found.run_on()

    rows = found.contacts.rows
    assert rows["1"].company == kvarn.but(category="Customer", custom={"color": "red", "size": 12})
    assert rows["2"].company == own.but(category="Customer", custom={"size": 12})
    assert rows["3"].company == Company(id="o")
    assert [each.contact for each in found.participants.rows.values() if each.flow == "hearing"] == ["1"]
    assert rows["1"].revision == 1


async def test_what_is_told_of_a_company_holds_for_its_contacts_though_no_flow_listens_and_enrols_nobody():
    found = road({"kind": "sale_created"}, trigger="contact_updated")

    told = found.record(COMPANY_CHANGED, "", company="k", name="Kvarn & Co", category="Customer")
    await found.send(told.but(contact=None))
    await found.run_on()

    companies = {each.id: each.company for each in found.contacts.rows.values()}
    changed = KVARN.but(name="Kvarn & Co", category="Customer")
    assert companies == {"1": changed, "2": changed, "3": changed, "other": Company(id="o")}
    assert not found.participants.rows


async def test_where_nothing_is_told_of_the_company_itself_nobody_is_looked_for():
    found = road()
    await found.send(found.record(COMPANY_CHANGED, "", company="k", crm={"fields": {}}).but(contact=None))
    assert found.raised == []
