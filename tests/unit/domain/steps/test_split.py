import pytest

from common.domain.reasons import DropOut, Status
from tests.support.flows import a_contact, a_flow, a_path, country_is, line
from tests.support.passages import Passage

BY_COUNTRY = {
    "German": (country_is("DE"), a_path("de-").mail("hallo")),
    "Nordic": (country_is("SE", "DE"), a_path("se-").mail("hej")),
}


def by_country(**fields):
    return a_flow().split(BY_COUNTRY, step_id="split", **fields).mail("after").open()


@pytest.mark.parametrize(
    ("country", "contents"),
    [("DE", ["hallo", "after"]), ("SE", ["hej", "after"]), ("US", ["hello", "after"])],
)
def test_the_first_branch_that_matches_is_taken_and_all_meet_behind_the_split(country, contents):
    flow = by_country(otherwise=a_path("us-").mail("hello"))

    assert Passage(flow, a_contact(country=country)).begin().contents == contents


def test_an_empty_branch_leads_behind_the_split():
    assert Passage(by_country(), a_contact(country="US")).begin().contents == ["after"]


def test_the_values_seen_are_told():
    passage = Passage(by_country(), a_contact(country="SE")).begin()

    why = passage.entries[0].why
    assert why["branch"] == "Nordic"
    assert why["seen"] == [
        {
            "field": "contact.country",
            "op": "one_of",
            "expected": ["SE", "DE"],
            "value": "SE",
            "holds": True,
        }
    ]


def test_everyone_else_may_have_to_leave():
    flow = by_country(leaving={"text": "not ours", "suggest_for": "world"})
    passage = Passage(flow, a_contact(country="US")).begin()

    participant = passage.participant
    assert (participant.status, participant.reason) == (Status.DROPPED_OUT, DropOut.NO_MATCH)
    assert (participant.step, participant.reason_text) == ("split", "not ours")
    assert [suggested.flow for suggested in passage.suggested] == ["world"]


def test_a_missing_value_matches_no_branch():
    assert Passage(by_country(), a_contact(country=None)).begin().contents == ["after"]


def test_splits_nest():
    inner = a_path("in-").split(
        {"VIP": ([line("contact.custom.tier", "is", "vip")], a_path("vip-").mail("vip"))}
    )
    flow = a_flow().split({"German": (country_is("DE"), inner.mail("inside"))}).mail("after").open()

    assert Passage(flow, a_contact(custom={"tier": "VIP"})).begin().contents == ["vip", "inside", "after"]
    assert Passage(flow).begin().contents == ["inside", "after"]


def test_a_split_sees_what_an_earlier_step_changed():
    flow = a_flow().update(country="SE").split(BY_COUNTRY).open()

    assert Passage(flow, a_contact(country="US")).begin().contents == ["hej"]


@pytest.mark.parametrize(
    ("branches", "fields", "words"),
    [
        ({}, {}, "add a branch"),
        ({"A": ([], a_path())}, {}, "whom it is for"),
        ({"A": ([line("event.amount", "gt", 1, "number")], a_path())}, {}, "contact fields only"),
        ({"Everyone else": (country_is("DE"), a_path())}, {}, "two branches"),
        (
            {"A": (country_is("DE"), a_path())},
            {"leaving": {}, "otherwise": a_path().wait(days=1)},
            "not both",
        ),
    ],
)
def test_what_is_incomplete_is_told(branches, fields, words):
    (step,) = a_flow().split(branches, **fields).build().steps

    assert words in " ".join(message for _, message in step.problems())


def test_a_complete_split_has_no_problems():
    (step,) = a_flow().split(BY_COUNTRY).build().steps

    assert list(step.problems()) == []


def test_its_settings_leave_out_the_steps_inside():
    one, other = (
        a_flow().split({"A": (country_is("DE"), path)}).build().steps[0]
        for path in (a_path(), a_path().mail("x"))
    )

    assert one.settings() == other.settings()
