from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from common.domain.claim import Await, Hold, Send, Withdraw, Withdrawal, at_claim
from common.domain.contact import E_MARKETING, Consent, LegalBasis
from common.domain.effect import Effect
from common.domain.permission import Permission
from common.domain.reasons import DropOut, FlowState
from tests.support.flows import START, a_contact, a_flow

EFFECT = Effect(
    id="e", partition=0, channel="email", flow="test", run=1, version=1, participant="p", contact="1",
    step="mail", content="offer", content_version=1, planned_at=START,
)  # fmt: skip
WITHDRAWN = Consent(basis=LegalBasis.CONSENT, withdrawn_at=START)


def test_nothing_against_it_means_send() -> None:
    flow, contact = a_flow().open(), a_contact()
    assert at_claim(EFFECT, flow, contact, START, blocked=False) == Send(flow, contact)


def test_a_paused_flow_holds_its_mail() -> None:
    flow = a_flow().open(state=FlowState.PAUSED)
    assert at_claim(EFFECT, flow, a_contact(), START, blocked=True) == Hold()


def test_an_ended_flow_s_mail_is_withdrawn() -> None:
    match at_claim(EFFECT, None, a_contact(), START, blocked=False):
        case Withdraw(reason):
            assert reason is Withdrawal.FLOW_ENDED
        case other:
            pytest.fail(str(other))


def test_mail_of_an_earlier_run_is_withdrawn_though_the_flow_runs_again() -> None:
    match at_claim(EFFECT, a_flow().open(run=2), a_contact(), START, blocked=False):
        case Withdraw(reason):
            assert reason is Withdrawal.FLOW_ENDED
        case other:
            pytest.fail(str(other))


@pytest.mark.parametrize(
    ("fields", "blocked", "reason"),
    [
        ({"consents": {}}, False, DropOut.NO_CONSENT),
        ({"consents": {E_MARKETING: WITHDRAWN}}, False, DropOut.NO_CONSENT),
        ({"subscriptions": ["other"]}, False, DropOut.NO_SUBSCRIPTION),
        ({"email": None}, False, DropOut.NO_EMAIL),
        ({"no_mailing": True}, False, DropOut.EMAIL_BLOCKED),
        ({}, True, DropOut.EMAIL_BLOCKED),
    ],
)
def test_what_is_no_longer_allowed_is_withdrawn_with_its_reason(
    fields: dict[str, object], blocked: bool, reason: DropOut
) -> None:
    flow = a_flow().mailing(subscription_type="news").open()
    contact = a_contact(**{"subscriptions": ["news"]} | fields)
    match at_claim(EFFECT, flow, contact, START, blocked=blocked):
        case Withdraw(given, text):
            assert given is reason
            assert text
        case other:
            pytest.fail(str(other))


@pytest.mark.parametrize("state", [FlowState.RUNNING, FlowState.PAUSED])
def test_whoever_was_removed_gets_nothing_any_more(state: FlowState) -> None:
    match at_claim(EFFECT, a_flow().open(state=state), a_contact(), START, blocked=False, removed=True):
        case Withdraw(reason):
            assert reason is Withdrawal.PASSAGE_REMOVED
        case other:
            pytest.fail(str(other))


def test_a_contact_that_was_forgotten_gets_nothing() -> None:
    match at_claim(EFFECT, a_flow().open(), None, START, blocked=False):
        case Withdraw(reason):
            assert reason is Withdrawal.CONTACT_FORGOTTEN
        case other:
            pytest.fail(str(other))


MORNINGS = {"opens": "08:00", "closes": "10:00"}
"""Closed at the noon at which tests begin."""
BERLIN = ZoneInfo("Europe/Berlin")


class TestTheSendingWindow:
    @pytest.mark.parametrize("permission", [Permission.EMAIL, Permission.SMS])
    def test_that_closed_meanwhile_is_waited_for(self, permission: Permission) -> None:
        flow, effect = a_flow().mailing(window=MORNINGS).open(), EFFECT.but(permission=permission)
        opens = START + timedelta(hours=20)
        assert at_claim(effect, flow, a_contact(), START, blocked=False) == Await(opens)
        assert at_claim(effect, flow, a_contact(), opens, blocked=False) == Send(flow, a_contact())

    def test_holds_up_nothing_that_does_not_go_to_the_contact(self) -> None:
        flow, call = a_flow().mailing(window=MORNINGS).open(), EFFECT.but(permission=Permission.NONE)
        assert at_claim(call, flow, a_contact(), START, blocked=False) == Send(flow, a_contact())

    def test_keeps_nothing_that_is_not_allowed_any_more(self) -> None:
        flow = a_flow().mailing(window=MORNINGS).open()
        assert isinstance(at_claim(EFFECT, flow, a_contact(consents={}), START, blocked=False), Withdraw)
        paused = a_flow().mailing(window=MORNINGS).open(state=FlowState.PAUSED)
        assert at_claim(EFFECT, paused, a_contact(), START, blocked=False) == Hold()

    @pytest.mark.parametrize(
        ("window", "now", "opens"),
        [
            # over midnight, a quarter before and after it closes on the day behind
            ({"opens": "22:00", "closes": "02:00"}, (3, 3, 1, 45), None),
            ({"opens": "22:00", "closes": "02:00"}, (3, 3, 2, 15), (3, 3, 22, 0)),
            ({"opens": "22:00", "closes": "02:00", "weekdays": ["monday"]}, (3, 3, 2, 15), (3, 9, 22, 0)),
            # the clock goes from 2:00 to 3:00 on the 29th of March, and from 3:00 back on the 25th of October
            ({"opens": "02:30", "closes": "09:00"}, (3, 29, 1, 59), (3, 29, 3, 0)),
            ({"opens": "08:00", "closes": "09:00"}, (3, 28, 9, 30), (3, 29, 8, 0)),
            ({"opens": "08:00", "closes": "09:00"}, (10, 24, 9, 30), (10, 25, 8, 0)),
        ],
    )
    def test_is_by_the_clock_on_the_wall_of_the_flow_s_timezone(
        self, window: dict[str, object], now: tuple[int, ...], opens: tuple[int, ...] | None
    ) -> None:
        flow = a_flow().having(timezone="Europe/Berlin").mailing(window=window).open()
        moment = datetime(2026, *now, tzinfo=BERLIN).astimezone(UTC)  # type: ignore[misc]
        match at_claim(EFFECT, flow, a_contact(), moment, blocked=False):
            case Await(until):
                assert opens is not None
                assert until == datetime(2026, *opens, tzinfo=BERLIN)  # type: ignore[misc]
            case other:
                assert opens is None, other
