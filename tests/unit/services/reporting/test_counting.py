"""What each kind of fact adds and takes back."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from common.domain.effect import EffectState
from common.domain.figures import CountedMessage, FlowDay, MessageDay
from common.domain.reasons import DropOut, Refusal, Status
from common.messages.happened import (
    Happened,
    MessageSettled,
    ParticipantEnrolled,
    ParticipantLeft,
    ParticipantRemoved,
    SuggestionRefused,
)
from services.reporting.counting import NotSettled, changes

EVENING = datetime(1998, 6, 30, 23, 59, 59, tzinfo=UTC)
TODAY = FlowDay("winback", 2, date(1998, 6, 30))
ABOUT = {"flow": "winback", "run": 2, "version": 3}


def counts(
    fact: Happened, counted: CountedMessage | None = None, at: datetime = EVENING
) -> dict[tuple[FlowDay | MessageDay, str], int]:
    total: Counter[tuple[FlowDay | MessageDay, str]] = Counter()
    for row, counter, by in changes(fact, at, counted):
        total[row, counter] += by
    return dict(total)


def mail(state: EffectState) -> MessageSettled:
    return MessageSettled(
        **ABOUT, participant="p", effect="e", channel="email", step="s", content="thanks", state=state
    )


def mail_day(month: int, day: int) -> MessageDay:
    return MessageDay("winback", 2, date(1998, month, day), "email", "thanks")


def test_an_enrolment_counts_on_its_day_in_utc() -> None:
    fact = ParticipantEnrolled(**ABOUT, participant="p")
    assert counts(fact) == {(TODAY, "enrolled"): 1}
    behind = EVENING.astimezone(UTC) + timedelta(seconds=1)
    assert counts(fact, at=behind) == {(FlowDay("winback", 2, date(1998, 7, 1)), "enrolled"): 1}


@pytest.mark.parametrize("reason", Refusal)
def test_a_refusal_counts_by_its_reason(reason: Refusal) -> None:
    assert counts(SuggestionRefused(**ABOUT, reason=reason)) == {(TODAY, f"refused_{reason.value}"): 1}


@pytest.mark.parametrize("status", [Status.FINISHED, Status.FINISHED_WITH_SUCCESS, Status.CANCELLED])
def test_who_leaves_counts_by_status_on_the_day_of_leaving(status: Status) -> None:
    fact = ParticipantLeft(**ABOUT, participant="p", status=status, enrolled_at=EVENING - timedelta(days=9))
    assert counts(fact) == {(TODAY, status.value): 1}


def test_who_drops_out_counts_by_reason_too() -> None:
    fact = ParticipantLeft(
        **ABOUT, participant="p", status=Status.DROPPED_OUT, reason=DropOut.NO_CONSENT, enrolled_at=EVENING
    )
    assert counts(fact) == {(TODAY, "dropped_out"): 1, (TODAY, "dropped_out_no_consent"): 1}


def test_a_passage_removed_while_active_is_taken_back_from_the_day_of_its_enrolment() -> None:
    fact = ParticipantRemoved(
        **ABOUT, participant="p", status=Status.ACTIVE, enrolled_at=EVENING - timedelta(days=29)
    )
    enrolled_on = FlowDay("winback", 2, date(1998, 6, 1))
    assert counts(fact) == {(enrolled_on, "enrolled"): -1, (TODAY, "removed"): 1}


def test_a_passage_removed_after_its_end_is_taken_back_from_both_days() -> None:
    fact = ParticipantRemoved(
        **ABOUT,
        participant="p",
        status=Status.DROPPED_OUT,
        reason=DropOut.EXCLUDED,
        enrolled_at=EVENING - timedelta(days=29),
        left_at=EVENING - timedelta(days=10),
    )
    left_on = FlowDay("winback", 2, date(1998, 6, 20))
    assert counts(fact) == {
        (FlowDay("winback", 2, date(1998, 6, 1)), "enrolled"): -1,
        (left_on, "dropped_out"): -1,
        (left_on, "dropped_out_excluded"): -1,
        (TODAY, "removed"): 1,
    }


def test_a_doubt_is_replaced_by_what_the_message_came_to() -> None:
    doubt = CountedMessage(EffectState.IN_DOUBT, EVENING - timedelta(days=1))
    assert counts(mail(EffectState.DONE), doubt) == {
        (mail_day(6, 29), "in_doubt"): -1,
        (mail_day(6, 30), "done"): 1,
    }


def test_a_message_in_doubt_again_is_counted_once() -> None:
    assert counts(mail(EffectState.IN_DOUBT)) == {(mail_day(6, 30), "in_doubt"): 1}
    assert counts(mail(EffectState.IN_DOUBT), CountedMessage(EffectState.IN_DOUBT, EVENING)) == {}


def test_a_doubt_told_after_the_end_changes_nothing() -> None:
    assert counts(mail(EffectState.IN_DOUBT), CountedMessage(EffectState.DONE, EVENING)) == {}


@pytest.mark.parametrize("state", [EffectState.PLANNED, EffectState.CLAIMED, EffectState.SENDING])
def test_a_message_that_is_not_at_its_end_is_refused(state: EffectState) -> None:
    with pytest.raises(NotSettled, match=state.value):
        counts(mail(state))
