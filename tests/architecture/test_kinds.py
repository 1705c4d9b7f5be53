"""Each kind of step, pattern, condition line or part of a form is one file, with a test file of its name."""

from pathlib import Path

import pytest

from common.domain.conditions.line import lines
from common.domain.content_action import actions
from common.domain.forms.element import elements
from common.domain.kinds import Family
from common.domain.patterns import patterns
from common.domain.steps.step import steps

TESTS = Path(__file__).parents[1] / "unit" / "domain"
FAMILIES: dict[str, Family] = {
    "steps": steps,
    "patterns": patterns,
    "conditions": lines,
    "forms.elements": elements,
    "content_actions": actions,
}
KINDS = [(folder, kind) for folder, family in FAMILIES.items() for kind in sorted(family.members)]


@pytest.mark.parametrize(("folder", "kind"), KINDS)
def test_each_kind_is_a_file_of_its_name_with_a_test_of_its_name(folder: str, kind: str):
    assert FAMILIES[folder].members[kind].__module__ == f"common.domain.{folder}.{kind}"
    assert (TESTS / folder.replace(".", "/") / f"test_{kind}.py").exists()
