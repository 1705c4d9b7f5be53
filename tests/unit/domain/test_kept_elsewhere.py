from common.domain.kept_elsewhere import Here, elsewhere
from tests.support.flows import CLICK, a_flow, a_path, country_is

HERE = Here(forms=frozenset({"rsvp"}), subscription_types=frozenset({"news"}))


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
