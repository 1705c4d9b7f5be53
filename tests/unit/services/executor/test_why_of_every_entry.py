"""Whatever the domain writes down of a passage is told: what happened, and each value that decided it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from common.domain import advance
from common.domain.caps import Cap, Then
from common.domain.decision import Entry
from common.domain.progress import Did
from common.domain.reasons import DropOut
from services.executor.why import AT_THE_STEP, DROPPED, entry_text
from tests.support.flows import (
    CLICK,
    CLICK_SLOT,
    IS_CUSTOMER,
    START,
    FlowBuilder,
    a_contact,
    a_flow,
    a_path,
    country_is,
)
from tests.support.passages import Passage

IDS = frozenset({"effect", "record"})
"""What is kept beside the words for programs."""

ELSEWHERE = frozenset({"seen", "cap", "already", "passed", "missing", "timeout", "success", "for"})
"""Told in lines of its own, or in words that don't repeat it."""

SAYS_NO_STEP = frozenset({Did.SUGGESTED, Did.SUCCEEDED, Did.FINISHED, Did.CANCELLED, Did.KEPT_ACTION})
EVERYONE_ELSE = "Everyone else"
"""Those whom no branch takes leave; the reason says it."""

CHANNELS = {"email": "mail", "sms": "SMS", "webhook": "webhook"}

SWEDES = {"Sweden": (country_is("SE"), a_path("se-").mail("hello"))}
MORNINGS = {"opens": "08:00", "closes": "10:00"}
TOLD = {"suggest_for": "next", "add_to_selection": "quiet", "text": "by wish"}
ON_A_DATE = {"field": "contact.custom.ends", "days": -30}
CARD = {"mobile": "+4915112345678", "custom": {"ends": "2027-01-31"}, "selections": ["lapsed"]}


def everything() -> FlowBuilder:
    """A flow with a step for whatever may be written down of somebody who stays in it."""
    return (
        a_flow()
        .going_on_to(otherwise="next")
        .succeeding_by(IS_CUSTOMER, move_to_finish=False)
        .mail("hello")
        .step("send_sms", "text", text="Hi")
        .step("call_webhook", "call", url="https://crm.example.org/hook")
        .update("tidy", category="Customer")
        .update("tidy-again", category="Customer")
        .add_to("done", "join")
        .remove_from("lapsed", "leave")
        .split(SWEDES, a_path("rest-").mail("again"), step_id="parting")
        .step("go_to_flow", "further", flow="other")
        .wait("ends", until_date=ON_A_DATE)
        .wait("past", until=START - timedelta(days=1))
        .wait_for(CLICK, step_id="act", max_wait={"days": 3})
        .wait("rest", days=1)
    )


def played(
    flow: FlowBuilder, *acts: Callable[[Passage], object], caps: tuple[Cap, ...] = (), **fields: Any
) -> list[Entry]:
    passage = Passage(flow.open(), a_contact(**fields)).capped(*caps).begin()
    for act in acts:
        act(passage)
    return passage.entries


def fires(passage: Passage) -> None:
    passage.fire()


def clicks(passage: Passage) -> None:
    passage.hear(CLICK_SLOT, record="abcdef0123456789")


def held_and_taken_on(passage: Passage) -> None:
    passage.pause().fire().resume()


def cancelled(passage: Passage) -> None:
    passage.entries += advance.cancel(passage.participant, passage.now).entries


def dropping(reason: DropOut) -> list[Entry]:
    """Somebody for whom this is the reason."""
    mailing = a_flow().excluding("staff").mailing(subscription_type="news").mail("hello")
    news = {"subscriptions": ["news"]}
    if reason is DropOut.EMAIL_IN_USE:
        told = advance.drop(Passage(mailing.open()).participant, reason, START)
        return list(told.entries)
    flow, fields = {
        DropOut.FORMER_EMPLOYEE: (mailing, {"retired": True}),
        DropOut.EXCLUDED: (mailing, {"selections": ["staff"]}),
        DropOut.NO_CONSENT: (mailing, {"consents": {}}),
        DropOut.NO_SUBSCRIPTION: (mailing, {"subscriptions": ["offers"]}),
        DropOut.NO_EMAIL: (mailing, {"email": None, **news}),
        DropOut.EMAIL_BLOCKED: (mailing, {"no_mailing": True, **news}),
        DropOut.NO_MOBILE: (a_flow().step("send_sms", text="Hi", exit_without_mobile=True, exit=TOLD), {}),
        DropOut.NO_MATCH: (a_flow().split(SWEDES, leaving=TOLD), {}),
        DropOut.WAIT_TIMEOUT: (a_flow().wait_for(CLICK, on_timeout="exit", exit=TOLD), {}),
        DropOut.REMOVED_BY_FLOW: (a_flow().exit(**TOLD), {}),
    }[reason]
    return played(flow, fires, **fields)


def passages() -> Iterator[list[Entry]]:
    weekly = Cap(most=1, days=7)
    twice = a_flow().mail("hello").mail("again")
    yield played(everything(), held_and_taken_on, clicks, fires, **CARD)
    yield played(everything(), fires, fires, fires, **CARD | {"mobile": None, "custom": {}, "country": "SE"})
    yield played(everything(), cancelled, **CARD)
    yield played(twice, fires, caps=(weekly,))
    yield played(twice, caps=(weekly.model_copy(update={"then": Then.SKIP}),))
    yield played(a_flow().mailing(window=MORNINGS).mail("hello"), fires)
    yield played(a_flow().having(starts_at=START + timedelta(days=2)).mail("hello"), fires)
    yield played(a_flow().wait_for(CLICK, max_wait=None), clicks)
    yield from map(dropping, DropOut)


EVERYTHING = [entry for entries in passages() for entry in entries]


def test_every_word_of_the_domain_was_written() -> None:
    assert {entry.did for entry in EVERYTHING} == set(Did) - {Did.REPORTED}
    reasons = {entry.why["reason"] for entry in EVERYTHING if entry.did == Did.DROPPED_OUT}
    assert reasons == set(DropOut)


@pytest.mark.parametrize("entry", EVERYTHING, ids=lambda entry: f"{entry.step}-{entry.did}")
def test_an_entry_is_told_with_every_value_that_decided_it(entry: Entry) -> None:
    text = entry_text(entry)

    assert entry.step in text or entry.did in SAYS_NO_STEP
    for name, value in entry.why.items():
        if name not in IDS | ELSEWHERE and value not in (None, "", [], {}, EVERYONE_ELSE):
            assert shown(name, value) in text, (name, value)


def shown(name: str, value: Any) -> str:
    match value:
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case str() if name in ("reason", "skipped"):
            return DROPPED[DropOut(value)]
        case str() if name == "channel":
            return CHANNELS[value]
        case _:
            return str(value)


@pytest.mark.parametrize("reason", sorted(set(DropOut) - AT_THE_STEP - {DropOut.EMAIL_IN_USE}))
def test_who_drops_out_before_a_step_is_told_on_which_value(reason: DropOut) -> None:
    (entry,) = (entry for entry in dropping(reason) if entry.did == Did.DROPPED_OUT)

    seen = {name: value for name, value in entry.why.items() if name not in ("reason", "text")}
    assert seen
    for name, value in seen.items():
        assert f"; {name.replace('_', ' ')}: {'nothing' if value is None else value}" in entry_text(entry)
