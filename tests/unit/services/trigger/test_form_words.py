"""Every word of form pages, in every language."""

from dataclasses import fields
from string import Formatter

import pytest

from common.domain.forms.answers import BadAnswer, Fault, Wrong
from services.trigger.form_words import BY_LANGUAGE, ENGLISH, Words, words

LANGUAGES = sorted(BY_LANGUAGE)
TEXTS = [field.name for field in fields(Words) if field.name != "wrong"]


def gaps(text: str) -> set[str]:
    """The names that are filled in."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TEXTS)
def test_each_word_is_there_and_says_what_the_english_one_does(language: str, name: str) -> None:
    text, english = getattr(BY_LANGUAGE[language], name), getattr(ENGLISH, name)
    assert text.strip() == text != ""
    assert gaps(text) == gaps(english)
    assert language == "en" or text != english


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wrong", Wrong)
def test_each_complaint_is_made_in_each_language(language: str, wrong: Wrong) -> None:
    told = BY_LANGUAGE[language]
    values = {"most": 400, "types": ".pdf"}
    fault = Fault(wrong, {name: values[name] for name in gaps(wrong)})
    assert gaps(told.wrong[wrong]) == gaps(wrong)
    assert "{" not in told.about(fault)
    assert (told.about(fault) == str(fault)) == (language == "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_complaints_are_the_same(language: str) -> None:
    assert len(set(BY_LANGUAGE[language].wrong.values())) == len(Wrong)


@pytest.mark.parametrize(
    ("asked", "found"),
    [("de", "de"), ("de-AT", "de"), ("SV", "sv"), ("en-GB", "en"), ("fr", "en"), ("", "en")],
)
def test_a_language_without_words_of_its_own_gets_english(asked: str, found: str) -> None:
    assert words(asked) is BY_LANGUAGE[found]


def test_a_bad_answer_says_in_english_what_to_do() -> None:
    error = BadAnswer(Wrong.TOO_LONG, most=400)
    assert str(error) == str(error.fault) == "write at most 400 characters"
