import pytest
from pydantic import ValidationError

from tests.support.flows import a_contact, a_flow
from tests.support.passages import Passage


def test_a_script_is_planned_with_its_parameters_and_the_passage_goes_on_at_once():
    told = {"who": "{{ contact.id }}"}
    passage = Passage(
        a_flow().step("run_script", script="score", parameters=told).open(), a_contact()
    ).begin()

    (effect,) = passage.effects
    assert effect.channel == "crm"
    assert effect.settings == {"kind": "run_script", "script": "score", "parameters": told}
    assert not passage.participant.active


@pytest.mark.parametrize("name", ["$where", "a.b", "", "1a"])
def test_parameters_have_names_that_can_be_kept(name):
    with pytest.raises(ValidationError):
        a_flow().step("run_script", script="score", parameters={name: "x"}).build()


def test_a_script_has_to_be_named():
    (step,) = a_flow().step("run_script", parameters={"a": "b"}).build().steps

    assert [field for field, _ in step.problems()] == ["script"]
    assert list(step.texts()) == [("parameters.a", "b")]
