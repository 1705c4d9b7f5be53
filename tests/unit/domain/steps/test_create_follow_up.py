from datetime import UTC, datetime, timedelta

import pytest

from common.domain.contact import Company
from tests.support.flows import START, a_contact, a_flow
from tests.support.passages import Passage

OURS = a_contact(consents={}, owner="5", company=Company(service_contact="7"))


def settings_of(contact=OURS, now=START, **settings):
    flow = a_flow().having(timezone="Europe/Berlin").step("create_follow_up", **settings)
    (effect,) = Passage(flow.open(), contact).at(now).begin().effects
    return effect.settings


def test_a_task_is_due_on_its_day_in_the_flow_s_zone():
    assert settings_of(subject="Call {{ contact.name }}") == {
        "kind": "create_follow_up",
        "title": "Call {{ contact.name }}",
        "begins": "2026-03-01T23:00:00Z",
        "zone": "Europe/Berlin",
        "owner": "5",
    }


@pytest.mark.parametrize(
    ("after", "day"),
    [
        ({"days": 3}, datetime(2026, 3, 4, 23, tzinfo=UTC)),
        ({"working_days": 5}, datetime(2026, 3, 8, 23, tzinfo=UTC)),
        ({"weeks": 4}, datetime(2026, 3, 29, 22, tzinfo=UTC)),  # clocks were put forward the day before
    ],
)
def test_it_may_be_due_so_long_afterwards(after, day):
    told = settings_of(subject="Call", after=after)["begins"]
    assert datetime.fromisoformat(told) == day


def test_a_meeting_is_sought_from_now_or_so_long_afterwards():
    now = settings_of(subject="Meet", nature="meeting", minutes=45, free=True, type="12", project="3")
    assert datetime.fromisoformat(now["begins"]) == START
    assert (now["meeting"], now["minutes"], now["free"], now["type"], now["project"]) == (
        True, 45, True, "12", "3",
    )  # fmt: skip
    later = settings_of(subject="Meet", nature="meeting", after={"weeks": 1})
    assert datetime.fromisoformat(later["begins"]) == START + timedelta(weeks=1)


@pytest.mark.parametrize(
    ("settings", "owner"),
    [
        ({"assign_to": "our_contact"}, "5"),
        ({"assign_to": "our_service_contact"}, "7"),
        ({"assign_to": "user", "user": "9"}, "9"),
        ({"assign_to": "nobody"}, None),
    ],
)
def test_it_is_assigned_to_one_of_ours_or_nobody(settings, owner):
    assert settings_of(subject="Call", **settings).get("owner") == owner


def test_whoever_belongs_to_nobody_gets_one_without_an_owner():
    assert "owner" not in settings_of(a_contact(), subject="Call")


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({}, ["subject"]),
        ({"subject": "Hi", "after": {}}, ["after"]),
        ({"subject": "Hi", "after": {"days": 1, "weeks": 1}}, ["after"]),
        ({"subject": "Hi", "assign_to": "user"}, ["user"]),
        ({"subject": "Hi", "user": "9"}, ["user"]),
        ({"subject": "Hi", "after": {"days": 1}}, []),
    ],
)
def test_what_is_incomplete_is_told_by_field(settings, fields):
    (step,) = a_flow().step("create_follow_up", **settings).build().steps

    assert [field for field, _ in step.problems()] == fields
    assert [field for field, _ in step.texts()] == ["subject", "agenda"]
