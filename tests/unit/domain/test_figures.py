"""Figures that follow from counts."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from common.domain.effect import EffectState
from common.domain.figures import figures, message_figures, step_figures, time_figures
from common.domain.reasons import DropOut, Refusal, Status
from common.domain.rollups import COUNTERS, FlowRow

TALLY = {
    "enrolled": 10,
    "removed": 1,
    "finished": 3,
    "finished_with_success": 2,
    "dropped_out": 2,
    "cancelled": 1,
    "dropped_out_no_consent": 2,
    "refused_filter": 4,
    "refused_already_in_flow": 1,
}


def test_completed_and_in_progress_follow_from_who_left() -> None:
    found = figures(TALLY)
    assert (found.enrolled, found.in_progress, found.completed, found.removed) == (10, 2, 5, 1)
    assert found.success_rate == 0.2


def test_suggested_are_those_enrolled_and_those_refused() -> None:
    assert figures(TALLY).suggested == 15


def test_nobody_enrolled_has_no_success_rate() -> None:
    assert figures({"refused_filter": 3}).success_rate is None


def test_every_word_of_the_closed_vocabularies_is_listed() -> None:
    found = figures({})
    assert set(found.by_status) == set(Status)
    assert set(found.by_drop_out_reason) == set(DropOut)
    assert set(found.refused) == set(Refusal)
    assert set(message_figures("email", "thanks", {}).by_state) == {
        EffectState.DONE,
        EffectState.FAILED,
        EffectState.WITHDRAWN,
        EffectState.IN_DOUBT,
    }


def test_every_counter_has_a_name_of_its_own() -> None:
    for counters in COUNTERS.values():
        assert len(set(counters)) == len(counters)
        assert all("." not in name for name in counters)


def test_rates_are_of_those_to_whom_it_was_handed_over_and_machines_are_in_none() -> None:
    row = message_figures(
        "email",
        "thanks",
        {"done": 8, "failed": 2, "opened": 4, "clicked": 2, "clicks": 5, "bot_clicks": 40, "bot_opens": 9},
    )
    assert (row.recipients, row.open_rate, row.click_rate) == (8, 0.5, 0.25)
    assert (row.clicks, row.bot_clicks, row.bot_opens) == (5, 40, 9)
    assert message_figures("email", "thanks", {"failed": 1}).click_rate is None


def test_who_stands_on_a_step_has_come_and_neither_gone_on_nor_left() -> None:
    counted = {"entered": 10, "passed": 4, "seconds": 60, "dropped_out": 2, "cancelled": 1}
    row = step_figures("wait", "wait_time", "Wait", counted, enrolled=20)
    assert (row.standing, row.average_seconds, row.share) == (3, 15.0, 0.5)


def test_a_day_tells_what_happened_on_it() -> None:
    row = time_figures(date(1998, 6, 30), datetime(1998, 6, 30, tzinfo=UTC), TALLY)
    assert (row.suggested, row.refused, row.enrolled) == (15, 5, 10)
    assert (row.finished, row.finished_with_success, row.dropped_out, row.cancelled) == (3, 2, 2, 1)


@given(st.dictionaries(st.sampled_from(COUNTERS[FlowRow]), st.integers(0, 1000)))
def test_statuses_sum_up_to_enrolled(tally: dict[str, int]) -> None:
    found = figures(tally)
    assert sum(found.by_status.values()) == found.enrolled
    assert found.suggested == found.enrolled + sum(found.refused.values())
