"""An errand: what a form or a link has done in the CRM, by no flow."""

from datetime import timedelta

from pydantic import TypeAdapter

from common.domain.claim import Send, Withdraw, at_claim
from common.domain.crm_act import AnyAct, NewFollowUp, NewRequest
from common.domain.errand import errand
from tests.support.flows import START, a_contact

REQUEST = {"act": {"kind": "create_request", "title": "Call"}}
ERRAND = errand("r1", "1", 3, 2, REQUEST, START)


def test_its_act_is_what_the_crm_reads():
    assert TypeAdapter(AnyAct).validate_python(ERRAND.settings) == NewRequest(title="Call")
    assert (ERRAND.channel, ERRAND.partition) == ("crm", 3)
    assert (ERRAND.enrolled_by, ERRAND.cause, ERRAND.depth) == ("r1", "r1", 3)


def test_what_it_makes_may_begin_some_days_later():
    data = {"act": {"kind": "create_follow_up", "title": "Call"}, "in_days": 2}

    act = TypeAdapter(AnyAct).validate_python(errand("r1", "1", 0, 0, data, START).settings)

    assert isinstance(act, NewFollowUp)
    assert act.begins == START + timedelta(days=2)


def test_the_same_record_is_the_same_errand():
    assert errand("r1", "1", 0, 0, REQUEST, START).id == ERRAND.id
    assert errand("r2", "1", 3, 2, REQUEST, START).id != ERRAND.id


def test_neither_a_flow_nor_consent_nor_an_address_is_asked_for_it():
    nobody = a_contact(consents={}, email=None, no_mailing=True)

    assert at_claim(ERRAND, None, nobody, START, blocked=True) == Send(None, nobody)
    assert isinstance(at_claim(ERRAND, None, None, START, blocked=False), Withdraw)
