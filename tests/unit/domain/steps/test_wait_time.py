from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from common.domain.calendar import Weekday
from common.domain.reasons import Status
from tests.support.flows import START, a_contact, a_flow
from tests.support.passages import Passage
from tests.support.strategies import zones


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ({"hours": 36}, timedelta(hours=36)),
        ({"days": 30}, timedelta(days=30)),
        ({"until": START + timedelta(minutes=1)}, timedelta(minutes=1)),
    ],
)
def test_a_wait_ends_so_much_later(length, expected):
    participant = Passage(a_flow().wait("w", **length).open()).begin().participant

    assert (participant.step, participant.since) == ("w", START)
    assert participant.until == participant.due == START + expected


def test_a_wait_counts_from_the_time_at_which_it_was_reached():
    passage = Passage(a_flow().wait("one", days=1).wait("two", days=1).open()).begin()
    passage.after(days=3).fire()

    assert passage.participant.step == "two"
    assert passage.participant.due == START + timedelta(days=4)


def test_until_a_date_in_the_past_goes_on_at_once():
    passage = Passage(a_flow().wait(until=START - timedelta(days=1)).wait("next", days=1).open()).begin()

    assert passage.participant.step == "next"
    assert passage.entries[0].why["passed"] is True


def test_until_this_very_moment_goes_on_at_once():
    assert Passage(a_flow().wait(until=START).wait("next", days=1).open()).begin().participant.step == "next"


@pytest.mark.parametrize(
    ("length", "fields"),
    [({}, ["days"]), ({"hours": 1, "days": 1}, ["days"]), ({"hours": 5}, []), ({"days": 1}, [])],
)
def test_exactly_one_length_is_given(length, fields):
    (step,) = a_flow().wait(**length).build().steps

    assert [field for field, _ in step.problems()] == fields


@pytest.mark.parametrize(
    "length", [{"hours": 0}, {"days": -1}, {"days": 36600}, {"until": "2026-01-01T00:00"}]
)
def test_lengths_that_make_no_sense_are_refused(length):
    with pytest.raises(ValidationError):
        a_flow().wait(**length).build()


BERLIN = ZoneInfo("Europe/Berlin")


def the_end_of(contact=None, **length):
    """When a wait ends that begins on Monday at 13:00 in Berlin; `None`: at once."""
    flow = a_flow().having(timezone="Europe/Berlin").wait("w", **length).wait("next", days=1).open()
    participant = Passage(flow, contact).begin().participant
    return participant.until.astimezone(BERLIN) if participant.step == "w" else None


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ({"weeks": 2}, datetime(2026, 3, 16, 13)),
        ({"weeks": 4}, datetime(2026, 3, 30, 14)),
        ({"working_days": 5}, datetime(2026, 3, 9, 13)),
        ({"working_days": 20}, datetime(2026, 3, 30, 13)),
        ({"until_time": "14:30"}, datetime(2026, 3, 2, 14, 30)),
        ({"until_time": "09:00"}, datetime(2026, 3, 3, 9)),
        ({"until_weekday": {"day": "friday"}}, datetime(2026, 3, 6)),
        ({"until_weekday": {"day": "monday", "time": "15:00"}}, datetime(2026, 3, 2, 15)),
        ({"until_weekday": {"day": "monday", "time": "12:00"}}, datetime(2026, 3, 9, 12)),
        ({"until_time": "13:00"}, None),
    ],
)
def test_days_and_times_are_those_of_the_flow_s_timezone(length, expected):
    assert the_end_of(**length) == (expected and expected.replace(tzinfo=BERLIN))


@pytest.mark.parametrize(
    ("value", "settings", "expected"),
    [
        ("2026-05-31", {"days": -30}, datetime(2026, 5, 1)),
        ("2026-05-31", {"days": 1, "time": "08:00"}, datetime(2026, 6, 1, 8)),
        ("2026-04-28T22:30:00Z", {}, datetime(2026, 4, 29, 0, 30)),
        ("2026-04-28T22:30:00Z", {"time": "09:00"}, datetime(2026, 4, 29, 9)),
        ("2026-03-02", {"days": -1}, None),
        ("soon", {}, None),
        (None, {}, None),
        (7, {}, None),
        ("9999-12-31", {"days": 3000}, datetime(9999, 12, 31)),
    ],
)
def test_a_date_of_the_contact_may_be_waited_for(value, settings, expected):
    contact = a_contact(custom={"contract_end": value})
    field = {"field": "contact.custom.contract_end", **settings}

    assert the_end_of(contact, until_date=field) == (expected and expected.replace(tzinfo=BERLIN))


def test_who_has_no_such_date_goes_on_and_it_is_told():
    flow = a_flow().wait(until_date={"field": "contact.custom.contract_end"}).open()
    passage = Passage(flow).begin()

    assert passage.entries[0].why == {"field": "contact.custom.contract_end", "value": None, "missing": True}


def test_a_date_that_is_put_off_is_waited_for_anew():
    flow = a_flow().wait("w", until_date={"field": "contact.custom.end"}).wait("next", days=1).open()
    passage = Passage(flow, a_contact(custom={"end": "2026-04-01"})).begin()

    passage.changed(custom={"end": "2026-05-01"}).fire()
    assert (passage.participant.step, passage.participant.due) == ("w", datetime(2026, 5, 1, tzinfo=UTC))
    assert passage.fire().participant.step == "next"


@pytest.mark.parametrize(
    ("length", "wrong"),
    [
        ({"until_date": {"field": "event.at"}}, ["until_date.field"]),
        ({"until_date": {"field": "contact.custom.x"}}, []),
        ({"weeks": 1, "until_time": "09:00"}, ["until_time"]),
    ],
)
def test_what_is_incomplete_is_told(length, wrong):
    (step,) = a_flow().wait(**length).build().steps

    assert [field for field, _ in step.problems()] == wrong


@pytest.mark.parametrize(
    "length",
    [{"until_time": "24:00"}, {"until_time": "9:00"}, {"until_weekday": {"day": "someday"}}, {"weeks": 0}],
)
def test_times_that_do_not_exist_are_refused(length):
    with pytest.raises(ValidationError):
        a_flow().wait(**length).build()


anything = st.one_of(
    st.builds(lambda n: {"hours": n}, st.integers(1, 2000)),
    st.builds(lambda n: {"days": n}, st.integers(1, 400)),
    st.builds(lambda n: {"weeks": n}, st.integers(1, 60)),
    st.builds(lambda n: {"working_days": n}, st.integers(1, 300)),
    st.builds(lambda at: {"until_time": at}, st.sampled_from(["00:00", "02:30", "23:59"])),
    st.builds(
        lambda day, at: {"until_weekday": {"day": day, "time": at}},
        st.sampled_from([day.value for day in Weekday]),
        st.sampled_from(["00:00", "02:30", "03:00"]),
    ),
    st.builds(
        lambda day, days: {"until_date": {"field": "contact.custom.ends", "days": days}, "ends": day},
        st.dates(date(2026, 1, 1), date(2027, 12, 31)),
        st.integers(-60, 60),
    ),
)
begins = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(
    lambda found: found.replace(microsecond=0, tzinfo=UTC)
)


@given(anything, begins, zones)
@example({"until_time": "02:30"}, datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), "Europe/Berlin")
@example({"until_time": "02:30"}, datetime(2026, 10, 25, 0, 30, 1, tzinfo=UTC), "Europe/Berlin")
@example({"working_days": 1}, datetime(2026, 3, 28, 1, 30, tzinfo=UTC), "Europe/Berlin")
def test_every_wait_ends_later_than_it_began_and_only_once(length, began, zone):
    ends = length.get("ends")
    fields = {name: value for name, value in length.items() if name != "ends"}
    flow = a_flow().having(timezone=zone).wait("w", **fields).open()
    passage = Passage(flow, a_contact(custom={"ends": ends.isoformat()} if ends else {}))
    passage.at(began).begin()

    waited = passage.participant
    if waited.step == "w":
        assert waited.due == waited.until > began
        assert passage.fire().participant.left_at == waited.until
    assert passage.participant.status is Status.FINISHED
