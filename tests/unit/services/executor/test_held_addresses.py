"""An address belongs to the first who reaches an e-mail step with it, for as long as it is inside."""

from common.domain.event import CONTACT_UPDATED, LINK_CLICKED, ORDER_PLACED, PARTICIPANT_REMOVED
from common.domain.reasons import DropOut, Status
from tests.support.flows import CLICK, a_contact, a_flow
from tests.unit.services.memory_road import MemoryRoad

SHARED = "Office@Example.org"


def a_family(*flows) -> MemoryRoad:
    """Two contacts at one address, written differently."""
    return MemoryRoad(*flows).knows(
        a_contact("a", email=SHARED), a_contact("b", email=SHARED.lower()), a_contact("c")
    )


def mailing():
    return a_flow().mail("hello").wait_for(CLICK, step_id="act", max_wait=None)


async def test_the_second_at_an_address_drops_out_before_the_mail():
    road = a_family(mailing().open())
    for contact in "abc":
        await road.happens(ORDER_PLACED, contact)

    assert (road.passage("b").status, road.passage("b").reason) == (Status.DROPPED_OUT, DropOut.EMAIL_IN_USE)
    assert [road.passage(c).status for c in "ac"] == [Status.ACTIVE] * 2
    assert sorted(e.contact for e in road.effects.rows.values()) == ["a", "c"]
    assert "the address is active in this flow through another contact" in road.words


async def test_two_in_one_batch_are_told_apart_as_well():
    road = a_family(mailing().open())

    await road.send(road.record(ORDER_PLACED, "b"), road.record(ORDER_PLACED, "a"))

    assert road.passage("b").active
    assert road.passage("a").reason is DropOut.EMAIL_IN_USE


async def test_who_leaves_gives_the_address_free_also_within_a_batch():
    road = a_family(mailing().open())
    await road.happens(ORDER_PLACED, "a")

    await road.send(road.record(LINK_CLICKED, "a", link="offer"), road.record(ORDER_PLACED, "b"))

    assert road.passage("a").status is Status.FINISHED
    assert road.passage("b").active
    assert list(road.held.rows.values()) == [road.passage("b").id]


async def test_the_end_of_the_flow_gives_all_addresses_free():
    road = a_family(mailing().open())
    for contact in "ac":
        await road.happens(ORDER_PLACED, contact)

    await road.end()

    assert road.held.rows == {}


async def test_each_flow_has_holders_of_its_own():
    road = a_family(mailing().open(flow_id="one"), mailing().open(flow_id="two"))
    await road.suggest("a", "one")
    await road.suggest("b", "two")

    assert road.passage("a", "one").active
    assert road.passage("b", "two").active


async def test_nobody_holds_an_address_before_an_e_mail_step():
    road = a_family(a_flow().wait("rest", days=1).mail("hello").wait("stay", days=9).open())
    await road.happens(ORDER_PLACED, "a")
    await road.happens(ORDER_PLACED, "b")
    assert road.held.rows == {}

    road.after(days=1)
    await road.fire()

    assert {road.passage(c).status for c in "ab"} == {Status.ACTIVE, Status.DROPPED_OUT}


async def test_with_a_new_address_the_old_one_is_free_from_the_next_mail_on():
    flow = (
        a_flow()
        .mail("hello")
        .wait_for(CLICK, step_id="act", max_wait=None)
        .mail("again")
        .wait("stay", days=9)
    )
    road = a_family(flow.open())
    await road.happens(ORDER_PLACED, "a")
    await road.happens(CONTACT_UPDATED, "a", email="new@example.org")
    await road.happens(LINK_CLICKED, "a", link="offer")

    await road.happens(ORDER_PLACED, "b")

    assert road.passage("b").active
    assert len(road.held.rows) == 2


async def test_of_two_who_go_on_at_one_resume_only_the_first_is_mailed():
    road = a_family(mailing().open()).pause()
    await road.happens(ORDER_PLACED, "a")
    await road.happens(ORDER_PLACED, "b")

    await road.resume()

    assert {road.passage(c).status for c in "ab"} == {Status.ACTIVE, Status.DROPPED_OUT}
    assert len(road.effects.rows) == 1


async def test_removal_by_hand_gives_the_address_free():
    road = a_family(mailing().open())
    await road.happens(ORDER_PLACED, "a")
    inside = road.passage("a")

    await road.happens(PARTICIPANT_REMOVED, "a", participant=inside.id, flow="test", by="key test")

    assert road.held.rows == {}
