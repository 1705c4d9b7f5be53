"""What forms and links do beside a flow, told where its author comes upon it."""

from typing import Any

from common.domain.action_warnings import Used, action_warnings
from common.domain.content_action import Action
from common.domain.content_actions.add_interest import AddInterest
from common.domain.content_actions.add_to_selection import PutOnSelection
from tests.support.flows import FlowBuilder, a_flow, a_path, country_is

LEADS, MILLS = PutOnSelection(selection="leads"), AddInterest(interest="Mills")
FORM = {"kind": "form_submitted", "form": "contact-me"}
LINK = {"kind": "link_clicked", "link": "offer"}


def found(
    flow: FlowBuilder, *, forms: Any = None, links: Any = None, doubts: Any = None
) -> list[tuple[Any, ...]]:
    used = Used(forms or {}, links or {}, doubts or {})
    return [(each.step, each.field, each.message) for each in action_warnings(flow.build(), used)]


def with_form(*actions: Action) -> dict[str, Any]:
    return {"forms": {"contact-me": actions}}


def test_a_trigger_whose_form_acts_by_itself_is_told_with_what_it_does():
    ((step, field, message),) = found(a_flow().triggered_by(LINK, FORM), **with_form(LEADS, MILLS))

    assert (step, field) == (None, "triggers[1]")
    assert message.startswith("form 'contact-me' has actions of its own")
    assert message.endswith("add to selection leads, add interest Mills")


def test_so_is_one_whose_link_does_in_any_mail_or_in_the_one_it_names():
    links = {("spring", "offer"): [LEADS], ("autumn", "offer"): [MILLS], ("spring", "other"): [LEADS]}

    anywhere = found(a_flow().triggered_by(LINK), links=links)
    there = found(a_flow().triggered_by(LINK | {"content": "autumn"}), links=links)

    assert ["'spring'" in message for _, _, message in anywhere] == [True, False]
    assert len(there) == 1
    assert "link 'offer' of 'autumn'" in there[0][2]


def test_without_actions_nothing_is_told():
    assert found(a_flow().triggered_by(FORM, LINK).mail("spring").add_to("leads")) == []


def test_an_action_that_a_form_does_twice_is_told():
    wait = a_flow().wait_for(LINK, FORM, step_id="w")

    ((step, field, message),) = found(wait, **with_form(LEADS, MILLS, LEADS))

    assert (step, field) == ("w", "actions[1]")
    assert message == "form 'contact-me' does the same twice: add to selection leads"


def test_what_a_form_and_a_link_both_do_is_told_at_the_later_of_them():
    flow = a_flow().wait_for(FORM, step_id="w").mail("spring")

    told = found(flow, links={("spring", "offer"): [LEADS]}, **with_form(LEADS, MILLS))

    assert told == [
        (
            "spring",
            "content",
            "form 'contact-me' and link 'offer' of 'spring' do the same: add to selection leads",
        )
    ]


def test_a_step_that_does_what_a_form_or_link_does_is_told_wherever_it_stands():
    way = a_path().add_to("leads", "inner")
    flow = a_flow().mail("spring").split({"Germany": (country_is("DE"), way)}).add_to("others")

    told = found(flow, links={("spring", "offer"): [LEADS]})

    assert told == [("inner", "kind", "link 'offer' of 'spring' does the same as this step")]


def test_what_looks_broken_in_a_mail_is_told_where_it_is_sent():
    told = found(a_flow().mail("spring").mail("autumn"), doubts={"autumn": ["a link"]})

    assert told == [("autumn", "content", "in 'autumn': a link")]
