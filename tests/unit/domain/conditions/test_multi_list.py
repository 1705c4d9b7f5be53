import pytest

from common.domain.conditions import ANYONE
from common.domain.conditions.multi_list import MultiListLine
from tests.support.flows import START


@pytest.mark.parametrize(
    ("op", "known", "meant"),
    [
        ("one_of", ["red", "blue"], True),
        ("all_of", ["red", "blue", "green"], True),
        ("all_of", ["red"], False),
        ("none_of", ["black"], True),
        ("none_of", None, True),
        ("one_of", "Red", True),
    ],
)
def test_several_may_be_chosen(op: str, known: object, meant: bool) -> None:
    line = MultiListLine(field="contact.custom.colours", op=op, value=["Red", "Blue"])
    assert line.holds(known, START, ANYONE) is meant
