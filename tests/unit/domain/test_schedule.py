from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from common.domain import life_cycle
from common.domain.flow import FlowVersion, StoredFlow
from common.domain.schedule import Due, Schedule, Skipped, begun, due, schedules, skipped
from tests.support.flows import START, FlowBuilder, a_flow
from tests.unit.domain.test_cron import expressions

WEEKLY = {"kind": "scheduled", "selection": "vips", "cron": "0 9 * * mon"}
DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 9, 9, tzinfo=UTC)


def run(flow: FlowBuilder, at: datetime = START) -> tuple[StoredFlow, FlowVersion]:
    stored = life_cycle.run(flow.stored(), epoch=1, at=at)
    return stored, life_cycle.freeze(stored, {}, at)


def resumed(stored: StoredFlow, flow: FlowBuilder, at: datetime) -> tuple[StoredFlow, FlowVersion]:
    paused = life_cycle.pause(stored, epoch=2, at=at).but(draft=flow.build())
    again = life_cycle.resume(paused, epoch=3, at=at)
    return again, life_cycle.freeze(again, {}, at)


def the_only(flow: FlowBuilder, **changes: Any) -> Schedule:
    (one,) = schedules(*run(flow), ())
    found: Schedule = one.but(**changes)
    return found


def weekly(**changes: Any) -> Schedule:
    return the_only(a_flow().triggered_by({"kind": "manual"}, WEEKLY), **changes)


def test_a_flow_that_is_run_has_its_first_instants_ahead() -> None:
    schedule = weekly()

    assert (schedule.id, schedule.place, schedule.due) == ("test:1", "triggers[1]", MONDAY)
    assert (schedule.run, schedule.version, schedule.selection) == (1, 1, "vips")


def test_a_day_that_has_passed_at_the_run_is_not_made_up() -> None:
    past = {"kind": "scheduled", "selection": "vips", "day": "2026-03-01"}
    assert the_only(a_flow().triggered_by(past)).due is None


def test_nothing_is_due_where_enrolment_has_ended() -> None:
    ending = a_flow().triggered_by(WEEKLY)

    assert the_only(ending.having(enrols_until=MONDAY)).due is None
    assert the_only(ending.having(enrols_until=MONDAY + timedelta(seconds=1))).due == MONDAY


def test_a_resume_leaves_what_it_has_not_changed_and_begins_the_rest_anew() -> None:
    flow = a_flow().triggered_by(WEEKLY, WEEKLY | {"selection": "staff"})
    stored, version = run(flow)
    overdue = [each.but(bulk="b") for each in schedules(stored, version, ())]
    later = MONDAY + DAY

    edited = a_flow().triggered_by(WEEKLY, WEEKLY | {"selection": "others"})
    kept, fresh = schedules(*resumed(stored, edited, later), overdue)

    assert (kept.due, kept.bulk, kept.version) == (MONDAY, "b", 2)
    assert (fresh.due, fresh.bulk, fresh.selection) == (MONDAY + 7 * DAY, None, "others")


def test_another_run_begins_anew() -> None:
    stored, version = run(a_flow().triggered_by(WEEKLY), at=MONDAY + DAY)
    (one,) = schedules(stored, version, [weekly(run=7)])
    assert one.due == MONDAY + 7 * DAY


def test_of_instants_that_were_missed_the_latest_is_made_up_and_the_others_told() -> None:
    came = due(weekly(), MONDAY + 22 * DAY)
    assert came == Due(MONDAY + 21 * DAY, missed_since=MONDAY)

    behind = begun(weekly(), came, "b")
    assert behind.due == MONDAY + 28 * DAY
    assert behind.last is not None
    assert (behind.last.at, behind.last.missed_since) == (MONDAY + 21 * DAY, MONDAY)


def test_an_instant_in_its_time_misses_none() -> None:
    assert due(weekly(), MONDAY) == Due(MONDAY, None)
    assert due(weekly(), MONDAY + 6 * DAY) == Due(MONDAY, None)


def test_a_skipped_instant_keeps_in_mind_what_still_goes_on() -> None:
    behind = skipped(weekly(bulk="b"), Due(MONDAY, None), Skipped.STILL_GOING_ON)

    assert behind.bulk == "b"
    assert behind.last is not None
    assert behind.last.skipped is Skipped.STILL_GOING_ON


@given(expressions, st.integers(0, 60 * 24 * 20), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_the_latest_is_the_last_of_all_that_have_come(cron: str, minutes: int, timezone: str) -> None:
    schedule = the_only(a_flow().triggered_by(WEEKLY | {"cron": cron}).having(timezone=timezone))
    if schedule.due is None:
        return
    now = schedule.due + timedelta(minutes=minutes)
    last = schedule.due
    for _ in range(3000):
        following = schedule.after(last)
        if following is None or following > now:
            assert schedule.latest(now) == last
            return
        last = following
    assert schedule.latest(now) >= last


def test_names_tell_instants_triggers_and_runs_apart() -> None:
    flow = a_flow().triggered_by(WEEKLY, WEEKLY)
    both = schedules(*run(flow), ())
    names = {each.name(at) for each in [*both, both[0].but(run=2)] for at in (MONDAY, MONDAY + 7 * DAY)}
    assert len(names) == 6
    assert weekly().name(MONDAY) == weekly().name(MONDAY)
