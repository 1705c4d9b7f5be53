"""The flow book against the plain way: every pattern of every flow asked in turn."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain import event
from common.domain.chart import Chart
from common.domain.conditions import Asker, Verdict, compile_criteria, holds
from common.domain.contact import Contact
from common.domain.facts import Facts, collect
from common.domain.flow import Flow, FlowVersion
from common.domain.flow_book import FlowBook, OpenFlow
from common.domain.patterns.pattern import Pattern
from common.domain.reasons import FlowState
from common.domain.success import state_success
from tests.support import strategies
from tests.support.flows import START

FORMS = ("rsvp", "contact-me")
LINKS = ("offer", "imprint")
TYPES = (
    event.CONTACT_CREATED,
    event.CONTACT_UPDATED,
    event.FORM_SUBMITTED,
    event.LINK_CLICKED,
    event.ORDER_PLACED,
    event.ENROLMENT_SUGGESTED,
    "trial.started",
    "nobody.cares",
)

conditions: st.SearchStrategy[list[Any]] = st.just([]) | st.lists(
    st.lists(strategies.lines, min_size=1, max_size=2), max_size=2
)
triggers = st.one_of(
    st.fixed_dictionaries({"kind": st.just("contact_created"), "conditions": conditions}),
    st.just({"kind": "manual"}),
)
criteria = st.one_of(
    st.fixed_dictionaries({"kind": st.just("order_placed"), "conditions": conditions}),
    st.fixed_dictionaries(
        {
            "kind": st.just("contact_updated"),
            "conditions": conditions,
            "changed": st.lists(st.sampled_from(["country", "interests"]), max_size=1),
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.just("added_to_selection"), "selection": st.just("vip"), "conditions": conditions}
    ),
    st.fixed_dictionaries(
        {"kind": st.just("added_to_project"), "project": st.just("talks"), "conditions": conditions}
    ),
)
actions = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("form_submitted"), "form": st.sampled_from(FORMS), "conditions": conditions}
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("link_clicked"),
            "link": st.sampled_from(LINKS),
            "content": st.none() | st.just("thanks"),
            "conditions": conditions,
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.just("custom_event"), "name": st.just("trial.started"), "conditions": conditions}
    ),
)
event_facts = st.fixed_dictionaries(
    {
        "event.form": st.sampled_from([*FORMS, None, ["rsvp"], 7]),
        "event.link": st.sampled_from([*LINKS, None]),
        "event.content": st.sampled_from(["thanks", "miss-you", None]),
        "event.changed": st.lists(st.sampled_from(["country", "interests", "category"])),
        "contact.selections": st.just(["staff"]),
    }
)
facts = st.builds(lambda told, rest: {**rest, **told}, event_facts, strategies.facts)


def wait(step: str, listens: list[Any]) -> dict[str, Any]:
    return {"kind": "wait_for_action", "id": step, "actions": listens}


def steps(outer: list[Any], inner: list[Any]) -> list[dict[str, Any]]:
    split = {
        "kind": "split",
        "id": "split",
        "branches": [{"name": "Some", "steps": [wait("inner", inner)]}],
    }
    return [wait("outer", outer), split]


flows = st.builds(
    lambda triggers, criteria, outer, inner, entry, excluded, zone: Flow.model_validate(
        {
            "name": "A flow",
            "timezone": zone,
            "triggers": triggers,
            "filter": entry,
            "exclusion_lists": excluded,
            "success": {"criteria": criteria},
            "steps": steps(outer, inner),
        }
    ),
    st.lists(triggers | criteria | actions, max_size=3),
    st.lists(criteria | actions, max_size=3),
    st.lists(actions, max_size=2),
    st.lists(actions, max_size=2),
    conditions,
    st.lists(st.just("staff"), max_size=1),
    strategies.zones,
)
books = st.lists(flows, max_size=4).map(lambda documents: book(*documents))
types = st.sampled_from(TYPES)


def opened(flow_id: str, document: Flow) -> OpenFlow:
    version = FlowVersion(
        flow=flow_id, version=1, document=document, frozen_at=datetime(2024, 1, 1, tzinfo=UTC)
    )
    return OpenFlow(id=flow_id, state=FlowState.RUNNING, run=1, version=version)


def book(*documents: Flow) -> FlowBook:
    return FlowBook(7, [opened(f"flow-{number}", document) for number, document in enumerate(documents)])


def matching(patterns: list[Pattern], event_type: str, facts: Facts, asker: Asker) -> list[int]:
    """The places of the patterns that match, each asked."""
    return [
        index
        for index, pattern in enumerate(patterns)
        if pattern.event_type == event_type and pattern.match(facts, START, asker).holds
    ]


def first_triggers(flows: FlowBook, event_type: str, facts: Facts) -> list[tuple[str, int]]:
    found = []
    for flow in flows:
        places = matching(flow.document.triggers, event_type, facts, flow.document.asker)
        found += [(flow.id, places[0])] if places else []
    return found


def succeeding(flows: FlowBook, event_type: str, facts: Facts) -> set[str]:
    """The flows with a success criterion that the event meets."""
    return {
        flow.id
        for flow in flows
        if matching(flow.document.success.criteria, event_type, facts, flow.document.asker)
    }


def states(flow: OpenFlow, facts: Facts) -> list[tuple[int, Verdict]]:
    """The criteria on state that these facts meet, by their places, with what was seen."""
    told = [(state.index, state.verdict(facts, START)) for state in flow.states]
    return [(index, verdict) for index, verdict in told if verdict.holds]


def waited_for(document: Flow) -> list[Pattern]:
    outer, split = document.steps
    return [*outer.listens_for(), *split.branches[0].steps[0].listens_for()]  # type: ignore[attr-defined]


@given(books, types, facts)
def test_triggers_are_each_flow_s_first_that_matches(flows: FlowBook, event_type: str, facts: Facts) -> None:
    found = flows.triggers(event_type, facts, START)
    assert sorted((match.flow.id, match.index) for match in found) == first_triggers(flows, event_type, facts)
    assert all(match.verdict.holds for match in found)


@given(books, types, facts)
def test_actions_are_those_of_every_wait_however_deep(flows: FlowBook, event_type: str, facts: Facts) -> None:
    found = [(flow.id, slot) for flow, slot in flows.actions(event_type, facts, START)]
    assert len(set(found)) == len(found)
    expected: set[tuple[str, str]] = set()
    for flow in flows:
        listens = waited_for(flow.document)
        places = matching(listens, event_type, facts, flow.document.asker)
        expected |= {(flow.id, listens[place].slot) for place in places}
    assert set(found) == expected


@given(books, types, facts)
def test_a_flow_whose_criteria_are_met_is_concerned(flows: FlowBook, event_type: str, facts: Facts) -> None:
    concerned = [flow.id for flow in flows.concerned(event_type, facts)]
    assert len(set(concerned)) == len(concerned)
    assert succeeding(flows, event_type, facts) <= set(concerned)


@given(books, types, facts)
def test_who_a_matcher_leaves_out_is_not_concerned(flows: FlowBook, event_type: str, facts: Facts) -> None:
    known = {
        group: {listener.key for listener in listeners if listener.holds(facts, START)}
        for group, listeners in flows.groups()
    }
    concerned = {flow.id for flow in flows.concerned(event_type, facts, known)}
    assert concerned == succeeding(flows, event_type, facts)


@given(books, types, facts)
def test_the_facts_it_names_suffice_for_all_that_is_decided(
    flows: FlowBook, event_type: str, facts: Facts
) -> None:
    named = {field: facts[field] for field in flows.fields(event_type) if field in facts}
    assert flows.concerned(event_type, named) == flows.concerned(event_type, facts)
    assert flows.triggers(event_type, named, START) == flows.triggers(event_type, facts, START)
    assert succeeding(flows, event_type, named) == succeeding(flows, event_type, facts)
    assert flows.actions(event_type, named, START) == flows.actions(event_type, facts, START)
    for match in flows.triggers(event_type, facts, START):
        assert_entry_is_decided_alike(flows, match.flow, named, facts)


@given(books, facts)
def test_the_facts_of_a_flow_suffice_for_a_suggestion_by_hand(flows: FlowBook, facts: Facts) -> None:
    for flow in flows:
        named = {field: facts[field] for field in flows.fields_of(flow.id) if field in facts}
        assert_entry_is_decided_alike(flows, flow, named, facts)


def assert_entry_is_decided_alike(flows: FlowBook, flow: OpenFlow, named: Facts, facts: Facts) -> None:
    document = flow.document
    assert holds(document.filter, named, START, document.asker) is holds(
        document.filter, facts, START, document.asker
    )
    assert states(flow, named) == states(flow, facts)
    if document.exclusion_lists:
        assert "contact.selections" in named


contacts = st.builds(
    Contact,
    id=st.just("1"),
    country=strategies.pooled_texts,
    interests=st.lists(strategies.pooled_texts, max_size=2),
    selections=st.lists(st.sampled_from(["vip", "staff"]), max_size=2),
    projects=st.lists(st.sampled_from(["talks", "fair"]), max_size=2),
    custom=st.dictionaries(st.just("tier"), strategies.pooled_texts | st.booleans() | st.integers(-3, 3)),
)


@given(flows, contacts)
def test_criteria_on_state_are_met_alike_by_facts_and_by_the_contact(
    document: Flow, contact: Contact
) -> None:
    flows = book(document)
    flow = next(iter(flows))
    found = states(flow, collect(flows.fields_of(flow.id), contact))
    expected = state_success(document, contact, START)
    assert [verdict for _, verdict in found[:1]] == ([] if expected is None else [expected])
    assert all(document.success.criteria[index].state is not None for index, _ in found)


def test_a_criterion_on_state_is_known_by_its_place_among_all() -> None:
    is_customer = {"field": "contact.category", "type": "text", "op": "is", "value": "Customer"}
    flows = book(
        Flow.model_validate(
            {
                "name": "Onboarding",
                "success": {
                    "criteria": [
                        {"kind": "order_placed"},
                        {"kind": "contact_updated"},
                        {"kind": "contact_updated", "conditions": [is_customer]},
                    ]
                },
            }
        )
    )
    flow = flows.get("flow-0")
    assert flow is not None
    assert [index for index, _ in states(flow, {"contact.category": "customer"})] == [2]
    assert states(flow, {"contact.category": "Lead"}) == []
    assert flows.fields_of("flow-0") == {"contact.category"}


def win_back(zone: str = "UTC") -> Flow:
    return Flow.model_validate(
        {
            "name": "Win back",
            "timezone": zone,
            "triggers": [
                {
                    "kind": "order_placed",
                    "conditions": [{"field": "event.amount", "type": "number", "op": "ge", "value": 20}],
                }
            ],
            "filter": [{"field": "contact.country", "type": "list", "op": "one_of", "value": ["DE", "SE"]}],
            "exclusion_lists": ["staff"],
            "success": {"criteria": [{"kind": "order_placed"}]},
        }
    )


def test_win_back_needs_these_facts_and_no_others() -> None:
    flows = book(win_back())
    assert flows.fields("order.placed") == {"event.amount", "contact.country", "contact.selections"}
    assert flows.fields("headrace.enrolment.suggested") == frozenset()
    assert flows.fields_of("flow-0") == {"contact.country", "contact.selections"}


def test_a_match_tells_the_values_that_decided_it() -> None:
    (match,) = book(win_back()).triggers("order.placed", {"event.amount": 29.5}, START)
    (seen,) = match.verdict.seen
    assert (seen.field, seen.op, seen.expected, seen.value) == ("event.amount", "ge", 20, 29.5)


def test_the_first_of_several_triggers_that_match_is_told_once() -> None:
    is_small = [{"field": "event.amount", "type": "number", "op": "lt", "value": 5}]
    any_rsvp = {"kind": "form_submitted", "form": "rsvp"}
    kinds = [{**any_rsvp, "conditions": is_small}, any_rsvp, {"kind": "manual"}, any_rsvp]
    flows = book(*(Flow.model_validate({"name": "Asked", "triggers": kinds}) for _ in range(2)))
    found = flows.triggers("form.submitted", {"event.form": "rsvp", "event.amount": 7}, START)
    assert [(match.flow.id, match.index) for match in found] == [("flow-0", 1), ("flow-1", 1)]


def test_an_unknown_flow_is_not_open() -> None:
    assert book(win_back()).get("nowhere") is None
    assert book(win_back()).fields_of("nowhere") == frozenset()


def test_days_in_conditions_are_those_of_the_flow_s_zone() -> None:
    on_first = {"field": "event.at", "type": "date", "op": "on", "value": "2024-07-01"}
    documents = [
        Flow.model_validate(
            {
                "name": zone,
                "timezone": zone,
                "triggers": [{"kind": "contact_created", "conditions": [on_first]}],
            }
        )
        for zone in ("UTC", "Europe/Berlin")
    ]
    found = book(*documents).triggers("contact.created", {"event.at": "2024-06-30T22:30:00Z"}, START)
    assert [match.flow.document.name for match in found] == ["Europe/Berlin"]


def test_a_flow_is_compiled_once_for_all_books(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []

    def counting(*given: Any) -> Any:
        compiled.append(given)
        return compile_criteria(*given)

    monkeypatch.setattr("common.domain.open_flow.compile_criteria", counting)
    flow = opened("win-back", win_back())
    for epoch in range(3):
        FlowBook(epoch, [flow]).triggers("order.placed", {"event.amount": 20}, START)
    assert len(compiled) == 2
    assert isinstance(flow.chart, Chart)
    assert flow.chart is flow.chart


class CountingFacts(dict[str, Any]):
    """Facts that count how often they are asked."""

    asked = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.asked += 1
        return super().get(key, default)


@pytest.mark.parametrize("event_type", ["form.submitted", "nobody.cares"])
def test_an_event_that_no_flow_names_costs_the_same_for_a_thousand_flows(event_type: str) -> None:
    form = {
        "kind": "form_submitted",
        "conditions": [{"field": "event.amount", "type": "number", "op": "ge", "value": 20}],
    }
    documents = [
        Flow.model_validate(
            {
                "name": "One of many",
                "triggers": [{**form, "form": f"form-{number}"}],
                "success": {"criteria": [{**form, "form": f"form-{number}"}]},
                "steps": [wait("wait", [{**form, "form": f"form-{number}"}])],
            }
        )
        for number in range(1000)
    ]
    flows = book(*documents)
    facts = CountingFacts({"event.form": "unknown", "event.amount": 20})
    assert not flows.triggers(event_type, facts, START)
    assert not flows.concerned(event_type, facts)
    assert not flows.actions(event_type, facts, START)
    assert facts.asked <= 5
    assert [
        match.flow.id
        for match in flows.triggers("form.submitted", {"event.form": "form-7", "event.amount": 20}, START)
    ] == ["flow-7"]
