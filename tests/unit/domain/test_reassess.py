import pytest

from common.domain.contact import Consent, LegalBasis
from common.domain.permission import Permission
from common.domain.reasons import DropOut
from common.domain.reassess import Drop, Pass, Succeed, address_key, reassess, refusal
from tests.support.flows import IS_CUSTOMER, START, a_contact, a_flow, a_participant, an_open_flow

WITHDRAWN = {"e_marketing": Consent(basis=LegalBasis.CONSENT, withdrawn_at=START)}
FLOW = (
    a_flow().mailing(subscription_type="news").excluding("staff", "press").succeeding_by(IS_CUSTOMER).build()
)
FINE = {"subscriptions": ["news"]}
BLOCKED = {address_key("contact-1@example.org")}


def ask(contact, flow=FLOW, *, mail=True, blocked=(), **passage):
    participant = a_participant(an_open_flow(flow), contact, **passage)
    permission = Permission.EMAIL if mail else Permission.NONE
    return reassess(participant, contact, flow, START, permission=permission, blocked=blocked)


def test_nothing_stands_against_a_contact_in_good_order():
    assert ask(a_contact(**FINE)) == Pass()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"retired": True}, DropOut.FORMER_EMPLOYEE),
        ({"selections": ["press"]}, DropOut.EXCLUDED),
        ({"consents": {}}, DropOut.NO_CONSENT),
        ({"consents": WITHDRAWN}, DropOut.NO_CONSENT),
        ({"subscriptions": ["other"]}, DropOut.NO_SUBSCRIPTION),
        ({"email": None}, DropOut.NO_EMAIL),
        ({"no_mailing": True}, DropOut.EMAIL_BLOCKED),
    ],
)
def test_each_failing_check_has_its_own_reason(fields, reason):
    result = ask(a_contact(**(FINE | fields)))

    assert isinstance(result, Drop)
    assert result.reason is reason


def test_a_blocked_address_is_known_in_any_case_of_letters():
    result = ask(a_contact(email="Contact-1@Example.org", **FINE), blocked=BLOCKED)

    assert isinstance(result, Drop)
    assert result.reason is DropOut.EMAIL_BLOCKED


def test_the_first_check_that_fails_is_the_reason():
    """Each fault is repaired in turn; the next in the order shows."""
    faults = {
        "retired": (True, False),
        "selections": (["staff"], []),
        "consents": ({}, a_contact().consents),
        "subscriptions": ([], ["news"]),
        "email": (None, "contact-1@example.org"),
        "no_mailing": (True, False),
    }
    contact = a_contact(**{name: bad for name, (bad, _) in faults.items()})
    reasons = []
    for name, (_, good) in faults.items():
        result = ask(contact)
        assert isinstance(result, Drop)
        reasons.append(result.reason)
        contact = contact.but(**{name: good})

    assert reasons == [
        DropOut.FORMER_EMPLOYEE,
        DropOut.EXCLUDED,
        DropOut.NO_CONSENT,
        DropOut.NO_SUBSCRIPTION,
        DropOut.NO_EMAIL,
        DropOut.EMAIL_BLOCKED,
    ]
    assert ask(contact) == Pass()


@pytest.mark.parametrize(
    "fields", [{"consents": {}}, {"subscriptions": []}, {"email": None}, {"no_mailing": True}]
)
def test_what_concerns_mail_is_asked_before_mail_only(fields):
    assert ask(a_contact(**(FINE | fields)), mail=False) == Pass()


def test_success_comes_before_everything_else():
    result = ask(a_contact(category="customer", retired=True))

    assert isinstance(result, Succeed)
    assert [seen.field for seen in result.verdict.seen] == ["contact.category"]


def test_success_recorded_before_is_acted_on_where_the_flow_moves_to_finish():
    assert isinstance(ask(a_contact(**FINE), succeeded_at=START), Succeed)


def test_success_that_only_counts_is_told_once():
    flow = a_flow().succeeding_by(IS_CUSTOMER, move_to_finish=False).build()
    customer = a_contact(category="Customer")

    assert isinstance(ask(customer, flow), Succeed)
    assert ask(customer, flow, succeeded_at=START) == Pass()


def test_consent_and_subscription_can_be_overridden_and_nothing_else():
    flow = a_flow().mailing(subscription_type="news", override_consent=True).build()
    stranger = a_contact(consents={}, subscriptions=[])

    assert refusal(Permission.EMAIL, flow, stranger, False) is None
    assert refusal(Permission.EMAIL, flow, stranger, True) is DropOut.EMAIL_BLOCKED
    assert refusal(Permission.EMAIL, flow, stranger.but(email=None), False) is DropOut.NO_EMAIL


def test_without_a_subscription_type_consent_suffices():
    assert refusal(Permission.EMAIL, a_flow().build(), a_contact(), False) is None


@pytest.mark.parametrize(
    ("contact", "reason"),
    [
        (a_contact(mobile="+4930123456"), None),
        (a_contact(mobile=None), None),
        (a_contact(mobile="+4930123456", consents={}), DropOut.NO_CONSENT),
        (a_contact(mobile="+4930123456", email=None), None),
    ],
)
def test_a_text_message_asks_for_consent_and_leaves_the_number_to_its_step(contact, reason):
    assert refusal(Permission.SMS, a_flow().build(), contact, True) is reason


def test_nothing_is_asked_of_a_contact_to_whom_nothing_goes():
    assert refusal(Permission.NONE, a_flow().build(), a_contact(consents={}, email=None), True) is None
