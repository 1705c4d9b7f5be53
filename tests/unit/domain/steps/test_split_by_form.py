import pytest

from common.domain.reasons import DropOut
from tests.support.flows import FORM_SLOT, a_flow, a_path
from tests.support.passages import Passage

SUBMITTED = {"name": "Yes", "steps": a_path().mail("thanks").steps}


def passage(**fields):
    flow = a_flow().wait(days=1).split_by("split_by_form", form="rsvp", submitted=SUBMITTED, **fields)
    return Passage(flow.open()).begin()


def test_who_submitted_takes_the_first_branch():
    assert passage().hear(FORM_SLOT).fire().contents == ["thanks"]


def test_who_did_not_takes_the_other():
    assert passage().fire().contents == ["rest"]


def test_who_did_not_may_have_to_leave():
    assert passage(leaving={"text": "silent"}).fire().participant.reason is DropOut.NO_MATCH


def test_there_are_exactly_two_branches():
    (step,) = a_flow().step("split_by_form", form="rsvp").build().steps

    assert [name for name, _ in step.ways()] == ["Submitted", "Not submitted"]
    assert not list(step.problems())
    with pytest.raises(ValueError, match="branches"):
        a_flow().step("split_by_form", form="rsvp", branches=[]).build()


def test_what_is_incomplete_is_told():
    (step,) = a_flow().step("split_by_form").build().steps

    assert [field for field, _ in step.problems()] == ["form"]
    assert not step.listens_for()
