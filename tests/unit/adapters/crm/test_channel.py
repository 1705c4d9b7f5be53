"""Texts of acts, filled for one contact."""

import pytest

from common.adapters.crm.channel import deed_of, filled
from common.domain.colleague import Ours
from common.domain.crm_act import LONGEST_TITLE, ChangedContact, NewFollowUp, NewRequest, ScriptRun
from common.domain.effect import Effect
from common.ports import Unsendable
from tests.support.flows import START, a_contact
from tests.support.users import a_user

ADA = a_contact("8", first_name="A<d>a\nNeil", owner="5")
OURS = Ours(owner=a_user("5", name="Ines"))


def test_titles_are_one_line_and_texts_as_they_are():
    act = NewRequest(
        title="Call {{ contact.first_name }}", message="{{ owner.name }}:\n{{ contact.first_name }}"
    )
    done = filled(act, ADA, OURS)
    assert done.title == "Call A<d>a Neil"
    assert done.message == "Ines:\nA<d>a\nNeil"


def test_an_agenda_is_made_safe_and_its_values_are_escaped():
    act = NewFollowUp(
        title="Meet", begins=START, agenda="<p onclick='x'>{{ contact.first_name }}</p><script>1</script>"
    )
    assert filled(act, ADA, OURS).agenda == "<p>A&lt;d&gt;a\nNeil</p>"


def test_parameters_are_filled_each_by_itself():
    act = ScriptRun(script="score", parameters={"id": "{{ contact.id }}", "plain": "{{ owner.name }}"})
    assert filled(act, ADA, OURS).parameters == {"id": "8", "plain": "Ines"}


def test_a_title_is_cut_and_must_not_be_empty():
    long = NewRequest(title="{{ contact.first_name }}")
    assert len(filled(long, ADA.but(first_name="x" * 500), OURS).title) == LONGEST_TITLE
    with pytest.raises(Unsendable, match="the title is empty"):
        filled(long, ADA.but(first_name=" "), OURS)


def test_a_text_that_grows_too_long_is_not_sent():
    act = NewRequest(title="Hi", message="{{ contact.first_name }}" * 100)
    with pytest.raises(Unsendable, match="the message is too long"):
        filled(act, ADA.but(first_name="x" * 300), OURS)


def test_a_deed_carries_what_its_effect_tells_of_its_origin():
    effect = Effect(
        id="e1", partition=0, channel="crm", flow="welcome", run=1, version=1, participant="p1", contact="8",
        step="ask", planned_at=START, cause="order-1", depth=3, settings=NewRequest(title="Hi").planned().settings,
    )  # fmt: skip
    deed = deed_of(effect, ADA, OURS, START)
    assert (deed.id, deed.flow, deed.cause, deed.depth, deed.act) == (
        "e1", "welcome", "order-1", 3, NewRequest(title="Hi"),
    )  # fmt: skip


def test_an_owner_that_was_to_be_assigned_is_told_as_a_change():
    effect = Effect(
        id="e1", partition=0, channel="crm", flow="share", run=1, version=1, participant="p1", contact="8",
        step="share", planned_at=START, settings={"kind": "assign_owner", "owner": "5"},
    )  # fmt: skip
    assert deed_of(effect, ADA, OURS, START).act == ChangedContact(fields=("owner",), values={"owner": "5"})
