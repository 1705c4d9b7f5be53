import pytest

from common.domain.claim import Hold, Send, Withdraw, Withdrawal, at_claim
from common.domain.contact import E_MARKETING, Consent, LegalBasis
from common.domain.effect import Effect
from common.domain.reasons import DropOut, FlowState
from tests.support.flows import START, a_contact, a_flow

EFFECT = Effect(
    id="e", partition=0, channel="email", flow="test", run=1, version=1, participant="p", contact="1",
    step="mail", content="offer", content_version=1, planned_at=START,
)  # fmt: skip
WITHDRAWN = Consent(basis=LegalBasis.CONSENT, withdrawn_at=START)


def test_nothing_against_it_means_send() -> None:
    flow, contact = a_flow().open(), a_contact()
    assert at_claim(EFFECT, flow, contact, blocked=False) == Send(flow, contact)


def test_a_paused_flow_holds_its_mail() -> None:
    flow = a_flow().open(state=FlowState.PAUSED)
    assert at_claim(EFFECT, flow, a_contact(), blocked=True) == Hold()


def test_an_ended_flow_s_mail_is_withdrawn() -> None:
    match at_claim(EFFECT, None, a_contact(), blocked=False):
        case Withdraw(reason):
            assert reason is Withdrawal.FLOW_ENDED
        case other:
            pytest.fail(str(other))


def test_mail_of_an_earlier_run_is_withdrawn_though_the_flow_runs_again() -> None:
    match at_claim(EFFECT, a_flow().open(run=2), a_contact(), blocked=False):
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
    match at_claim(EFFECT, flow, contact, blocked=blocked):
        case Withdraw(given, text):
            assert given is reason
            assert text
        case other:
            pytest.fail(str(other))


@pytest.mark.parametrize("state", [FlowState.RUNNING, FlowState.PAUSED])
def test_whoever_was_removed_gets_nothing_any_more(state: FlowState) -> None:
    match at_claim(EFFECT, a_flow().open(state=state), a_contact(), blocked=False, removed=True):
        case Withdraw(reason):
            assert reason is Withdrawal.PASSAGE_REMOVED
        case other:
            pytest.fail(str(other))


def test_a_contact_that_was_forgotten_gets_nothing() -> None:
    match at_claim(EFFECT, a_flow().open(), None, blocked=False):
        case Withdraw(reason):
            assert reason is Withdrawal.CONTACT_FORGOTTEN
        case other:
            pytest.fail(str(other))
