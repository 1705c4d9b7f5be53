from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from common.domain.event import ENROLMENT_SUGGESTED
from common.domain.patterns.scheduled import Scheduled
from tests.support.flows import START

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_day_comes_once_at_its_time_in_the_flows_timezone() -> None:
    trigger = Scheduled(selection="vips", day=date(2026, 4, 1), time="09:00")
    at = datetime(2026, 4, 1, 7, tzinfo=UTC)

    assert trigger.next_instant(START, BERLIN) == at
    assert trigger.next_instant(at, BERLIN) is None


def test_a_cron_expression_comes_again_and_again() -> None:
    trigger = Scheduled(selection="vips", cron="0 9 * * mon")
    first = datetime(2026, 3, 9, 8, tzinfo=UTC)

    assert trigger.next_instant(START, BERLIN) == first
    assert trigger.next_instant(first, BERLIN) == datetime(2026, 3, 16, 8, tzinfo=UTC)


def test_it_hears_no_event() -> None:
    trigger = Scheduled(selection="vips", cron="0 9 * * mon")

    assert not trigger.hears
    assert trigger.event_type == ENROLMENT_SUGGESTED
    assert not trigger.match({"event.selection": "vips"}, START).holds


def test_it_names_the_selection_that_it_suggests() -> None:
    assert Scheduled(selection="vips").source == "vips"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "day"),
        ({"time": "09:00"}, "day"),
        ({"day": "2026-04-01", "cron": "0 9 * * *"}, "cron"),
        ({"time": "09:00", "cron": "0 9 * * *"}, "cron"),
    ],
)
def test_a_flow_with_half_a_schedule_can_be_saved_and_not_run(settings: dict[str, Any], field: str) -> None:
    assert [name for name, _ in Scheduled(selection="vips", **settings).problems()] == [field]


@pytest.mark.parametrize("settings", [{"day": "2026-04-01"}, {"cron": "0 9 1 * *"}])
def test_a_whole_one_has_no_problems(settings: dict[str, Any]) -> None:
    assert list(Scheduled(selection="vips", **settings).problems()) == []


@pytest.mark.parametrize(
    "settings", [{"cron": "0 25 * * *"}, {"time": "9:00"}, {"day": "2026-02-30"}, {"conditions": [{}]}]
)
def test_what_can_not_be_read_is_refused_when_it_is_saved(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Scheduled(selection="vips", **settings)
