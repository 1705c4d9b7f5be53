import pytest

from tests.support.flows import FORM_SLOT, a_flow, line
from tests.support.passages import Passage

LARGE = {"name": "large", "when": [line("event.fields.size", "one_of", ["L", "XL"], "list")]}
RED = {"name": "red", "when": [line("event.fields.colour", "is", "Red")]}


def passage():
    flow = a_flow().wait(days=1).split_by("split_by_form_data", LARGE, RED, form="rsvp")
    return Passage(flow.open()).begin()


@pytest.mark.parametrize(
    ("fields", "contents"),
    [
        ({"size": "XL", "colour": "red"}, ["large"]),
        ({"size": "S", "colour": "red"}, ["red"]),
        ({"size": "S"}, ["rest"]),
        ({}, ["rest"]),
    ],
)
def test_the_first_branch_that_the_submission_matches_is_taken(fields, contents):
    assert passage().hear(FORM_SLOT, form="rsvp", fields=fields).fire().contents == contents


def test_who_did_not_submit_is_everyone_else():
    asked = passage().fire()

    assert asked.contents == ["rest"]
    assert {row["field"] for row in asked.entries[2].why["seen"]} == {"form.submitted"}


def test_the_latest_submission_counts():
    asked = passage().hear(FORM_SLOT, fields={"size": "L"}).after(hours=1)

    assert asked.hear(FORM_SLOT, fields={"colour": "red"}).fire().contents == ["red"]


@pytest.mark.parametrize(
    ("branch", "form", "words"),
    [
        (RED, "", "choose the form"),
        ({"name": "a", "when": []}, "rsvp", "whom it is for"),
        ({"name": "a", "when": [line("contact.country", "is", "DE")]}, "rsvp", "name fields of the form"),
    ],
)
def test_what_is_incomplete_is_told(branch, form, words):
    (step,) = a_flow().split_by("split_by_form_data", branch, form=form).build().steps

    assert words in " ".join(message for _, message in step.problems())
