from common.domain.delivery import (
    RETRY_AFTER,
    Bounce,
    Delivered,
    Leave,
    Refused,
    Retry,
    Return,
    Settle,
    Uncertain,
    Unreached,
    consequence,
)
from common.domain.effect import EffectState, may_follow

FOR_NOW = Refused("452 full", permanent=False, of_address=True)


def test_what_was_taken_is_done() -> None:
    assert consequence(Delivered("ok"), 1) == Settle(EffectState.DONE, "ok")


def test_a_refusal_for_good_fails_and_counts_against_the_address_if_it_is_about_it() -> None:
    about = Refused("550 unknown", permanent=True, of_address=True)
    assert consequence(about, 1) == Settle(EffectState.FAILED, "550 unknown", Bounce.PERMANENT)
    other = Refused("554 spam", permanent=True, of_address=False)
    assert consequence(other, 1) == Settle(EffectState.FAILED, "554 spam", None)


def test_a_refusal_for_now_is_tried_again_ever_later_and_in_the_end_is_a_bounce() -> None:
    tries = [consequence(FOR_NOW, attempt) for attempt in range(1, len(RETRY_AFTER) + 2)]
    assert tries == [
        *(Retry(delay, "452 full") for delay in RETRY_AFTER),
        Settle(EffectState.FAILED, "452 full", Bounce.SOFT),
    ]
    assert list(RETRY_AFTER) == sorted(RETRY_AFTER)


def test_what_never_left_does_not_count() -> None:
    assert consequence(Unreached("no route"), 9) == Return("no route")


def test_what_may_have_left_is_left_for_doubt() -> None:
    assert consequence(Uncertain("no answer"), 1) == Leave("no answer")


def test_without_an_answer_what_may_be_repeated_is_tried_again_and_fails_in_the_end() -> None:
    tries = [
        consequence(Uncertain("no answer"), attempt, repeatable=True)
        for attempt in range(1, len(RETRY_AFTER) + 2)
    ]
    assert tries[:-1] == [Retry(delay, "no answer") for delay in RETRY_AFTER]
    assert tries[-1] == Settle(EffectState.FAILED, "no answer", None)


def test_every_end_may_follow_sending() -> None:
    assert all(may_follow(EffectState.SENDING, end) for end in (EffectState.DONE, EffectState.FAILED))
