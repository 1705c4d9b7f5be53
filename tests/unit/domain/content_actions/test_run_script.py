"""Run a script of the CRM's."""

import pytest

from common.domain.content_action import Want
from common.domain.content_actions.run_script import AskForScript


def test_it_wants_the_script_run_each_time():
    action = AskForScript(script="greet", parameters={"town": "{{ fields.town }}"})

    told = {"kind": "run_script", "script": "greet", "parameters": {"town": "{{ fields.town }}"}}
    assert action.does() == (Want(told, each_time=True),)
    assert action.texts() == (("parameters.town", "{{ fields.town }}"),)
    assert list(action.problems()) == []


@pytest.mark.parametrize("name", ["", "$set", "a.b"])
def test_names_that_no_store_takes_are_told(name: str):
    assert [field for field, _ in AskForScript(script="x", parameters={name: "x"}).problems()] == [
        "parameters"
    ]
