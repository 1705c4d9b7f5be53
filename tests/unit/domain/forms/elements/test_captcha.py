"""The proof that a person fills in the form."""

from common.domain.forms.controls import Puzzle
from common.domain.forms.elements.captcha import Captcha


def test_it_is_a_puzzle_whose_answer_is_not_kept():
    captcha = Captcha(id="proof")
    assert (captcha.puzzle, captcha.asks, captcha.shown) == (True, False, Puzzle())
