from typing import Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from common.domain import conditions, patterns, steps
from common.domain.conditions.line import lines
from common.domain.kinds import Family, import_all
from common.domain.model import Model
from common.domain.patterns.pattern import patterns as pattern_family
from common.domain.steps.step import steps as step_family


class Shape(Model):
    kind: str


shapes: Family[Shape] = Family("shape")


@shapes.register
class Circle(Shape):
    kind: Literal["circle"] = "circle"
    radius: int


@shapes.register
class Square(Shape):
    kind: Literal["square"] = "square"
    side: int


def test_the_tag_says_which_member_it_is() -> None:
    adapter: TypeAdapter[Shape] = TypeAdapter(shapes.union())
    assert adapter.validate_python({"kind": "circle", "radius": 1}) == Circle(radius=1)
    assert adapter.validate_python({"kind": "square", "side": 1}) == Square(side=1)


def test_an_unknown_tag_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValidationError, match="'circle', 'square'"):
        TypeAdapter(shapes.union()).validate_python({"kind": "triangle"})


def test_a_union_may_hold_only_the_members_that_fit() -> None:
    round_ones = shapes.union(lambda member: "radius" in member.model_fields)
    with pytest.raises(ValidationError):
        TypeAdapter(round_ones).validate_python({"kind": "square", "side": 1})


def test_a_kind_is_taken_once() -> None:
    with pytest.raises(ValueError, match="'circle' is registered twice"):

        @shapes.register
        class Ring(Shape):
            kind: Literal["circle"] = "circle"


@pytest.mark.parametrize("package", [conditions, patterns, steps])
def test_importing_a_package_again_registers_nothing_twice(package: object) -> None:
    import_all(package)  # type: ignore[arg-type]


@pytest.mark.parametrize("family", [lines, pattern_family, step_family])
def test_a_kind_is_the_file_that_holds_it(family: Family[Model]) -> None:
    for kind, member in family.members.items():
        assert member.__module__.rpartition(".")[2] == kind
