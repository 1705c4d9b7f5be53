from itertools import pairwise

import pytest

from common.domain.effect import Effect, EffectState
from common.domain.recipient import RecipientStatus, before, recipient_status, settled_status
from tests.support.flows import START


def an_effect(**more: object) -> Effect:
    given = {"id": "e", "partition": 0, "channel": "email", "flow": "f", "run": 1, "version": 1, "participant": "p",
             "contact": "1", "step": "s", "content": "c", "content_version": 1, "planned_at": START}  # fmt: skip
    return Effect.model_validate(given | more)


@pytest.mark.parametrize(
    ("effect", "status"),
    [
        ({}, "ready"),
        ({"state": "sending", "attempts": 1}, "ready"),
        ({"attempts": 1, "reason": "450 try later"}, "soft_bounced"),
        ({"state": "done"}, "sent"),
        ({"state": "failed"}, "bounced"),
        ({"state": "in_doubt"}, None),
        ({"state": "withdrawn"}, None),
        ({"state": "done", "recipient": "clicked"}, "clicked"),
    ],
)
def test_a_message_has_the_status_that_its_state_and_its_reader_gave_it(
    effect: dict, status: str | None
) -> None:
    assert recipient_status(an_effect(**effect)) == status


@pytest.mark.parametrize(
    ("reason", "no_mailing", "status"),
    [
        ("email_blocked", True, RecipientStatus.BLOCKED),
        ("email_blocked", False, RecipientStatus.TOO_MANY_BOUNCES),
        ("email_in_use", False, RecipientStatus.DUPLICATE),
        ("no_consent", False, RecipientStatus.NO_SUBSCRIPTION),
        ("flow_ended", True, None),
    ],
)
def test_a_withdrawn_message_says_why(reason: str, no_mailing: bool, status: RecipientStatus | None) -> None:
    assert settled_status(EffectState.WITHDRAWN, reason, no_mailing=no_mailing) is status


def test_no_status_goes_back() -> None:
    for earlier, later in pairwise(RecipientStatus):
        assert earlier in before(later)
        assert later not in before(earlier)
