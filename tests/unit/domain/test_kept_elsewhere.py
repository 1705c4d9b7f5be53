import pytest

from common.domain.kept_elsewhere import Here, elsewhere, named_forms, named_links
from tests.support.flows import CLICK, a_flow, a_path, country_is, line

HERE = Here(
    forms=frozenset({"rsvp"}),
    subscription_types=frozenset({"news"}),
    fields={"rsvp": ["guests", "town"]},
    links={"offer": ["welcome"]},
)


def asks(form):
    return {"kind": "form_submitted", "form": form}


def told(flow, here=HERE):
    return [(each.step, each.field) for each in elsewhere(flow.build(), here)]


def naming(form, subscription_type):
    """A flow that names a form wherever one can be named."""
    return (
        a_flow()
        .having(
            email={
                "from_name": "Mill",
                "from_address": "mill@example.org",
                "subscription_type": subscription_type,
            }
        )
        .triggered_by({"kind": "order_placed"}, asks(form))
        .succeeding_by(asks(form))
        .wait_for(CLICK, asks(form), step_id="w")
        .split({"German": (country_is("DE"), a_path().step("split_by_form", "s", form=form))})
        .step("split_by_form_data", "d", form=form)
    )


def test_what_is_kept_here_is_not_warned_of():
    assert told(naming("rsvp", "news")) == []


def test_each_form_and_the_type_are_told_with_their_places():
    assert told(naming("gone", "old")) == [
        (None, "email.subscription_type"),
        (None, "triggers[1].form"),
        (None, "success.criteria[0].form"),
        ("w", "actions[1].form"),
        ("s", "form"),
        ("d", "form"),
    ]


def test_a_step_that_is_not_filled_in_and_a_flow_without_a_type_name_nothing():
    assert told(a_flow().step("split_by_form", "s"), Here()) == []


def test_the_words_name_the_form_and_say_where_the_step_stands():
    (found,) = elsewhere(a_flow().wait(days=1).step("split_by_form", "s", form="gone").build(), HERE)
    assert "'gone'" in found.message
    assert found.place == "step 2"


def clicked(link, content=None):
    return {"kind": "link_clicked", "link": link} | ({"content": content} if content else {})


@pytest.mark.parametrize(
    ("link", "content", "word"),
    [
        ("offer", None, None),
        ("offer", "welcome", None),
        ("offer", "farewell", "in 'farewell'"),
        ("ofer", None, "in any content"),
        ("ofer", "welcome", "in 'welcome'"),
    ],
)
def test_a_link_that_no_mail_has_is_told_wherever_it_is_named(link, content, word):
    named = clicked(link, content)
    branch = {name: value for name, value in named.items() if name != "kind"} | {"name": "Yes"}
    flow = (
        a_flow()
        .triggered_by(named)
        .succeeding_by(named)
        .wait_for(named, step_id="w")
        .step("split_by_link", "s", branches=[branch])
    )

    found = elsewhere(flow.build(), HERE)

    places = [
        (None, "triggers[0].link"),
        (None, "success.criteria[0].link"),
        ("w", "actions[0].link"),
        ("s", "link"),
    ]
    assert [(each.step, each.field) for each in found] == (places if word else [])
    assert all(word in each.message for each in found)
    assert named_links(flow.build()) == {link}


def test_a_field_that_the_form_does_not_ask_for_is_told_in_conditions_and_in_branches():
    def small(name):
        return [line(f"event.fields.{name}", "is", "x"), line("event.form", "is", "rsvp")]

    flow = (
        a_flow()
        .triggered_by(
            asks("rsvp") | {"conditions": small("guests")}, asks("rsvp") | {"conditions": small("gusts")}
        )
        .step(
            "split_by_form_data",
            "d",
            form="rsvp",
            branches=[
                {"name": "a", "when": [line("event.fields.town", "is", "x")]},
                {"name": "b", "when": [line("event.fields.twon", "is", "x")]},
            ],
        )
    )

    assert told(flow) == [(None, "triggers[1].conditions"), ("d", "branches[1].when")]
    assert named_forms(flow.build()) == {"rsvp"}


def test_of_a_form_that_is_kept_elsewhere_nothing_is_said_of_its_fields():
    flow = a_flow().triggered_by(asks("gone") | {"conditions": [line("event.fields.any", "is", "x")]})
    assert told(flow) == [(None, "triggers[0].form")]
