"""Every decision can be told in words, whatever it was."""

from datetime import UTC, datetime
from typing import Any

import pytest

from common.domain.conditions import Seen
from common.domain.decision import Decision, Entry, Verdict
from common.domain.effect import OPEN_STATES, EffectState
from common.domain.progress import Did
from common.domain.reasons import DropOut, Refusal
from services.executor.why import DROPPED, MESSAGE, REFUSED, did_text, in_words

AT = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
WHY: dict[Did, dict[str, Any]] = {
    Did.WENT_ON: {"branch": "Germany"},
    Did.WAITS: {"until": AT},
    Did.PLANNED_MESSAGE: {"content": "hello"},
    Did.PLANNED_CALL: {"channel": "webhook"},
    Did.CHANGED_CONTACT: {"raised": "contact.updated"},
    Did.SUGGESTED: {"flow": "next"},
    Did.KEPT_ACTION: {"action": "link_clicked:offer"},
    Did.REPORTED: {"channel": "sms", "status": "failed", "reason": "switched off"},
    Did.FINISHED: {"success": True},
    Did.DROPPED_OUT: {"reason": "excluded", "text": "by wish"},
}
SAID: dict[Did, str] = {
    Did.HELD: "held at rest until the flow is resumed",
    Did.WENT_ON: "into branch 'Germany'",
    Did.WAITS: "waits at rest until 2026-03-02 12:30:00",
    Did.PLANNED_MESSAGE: "mail 'hello' planned",
    Did.PLANNED_CALL: "webhook call planned at rest",
    Did.CHANGED_CONTACT: "changed the contact at rest (contact.updated)",
    Did.SKIPPED: "left out the message of rest: a frequency cap left no room",
    Did.SUGGESTED: "suggested for flow next",
    Did.KEPT_ACTION: "kept the action link_clicked:offer",
    Did.SUCCEEDED: "met a success criterion",
    Did.FINISHED: "finished with success",
    Did.DROPPED_OUT: "the contact is on an exclusion list (by wish)",
    Did.REPORTED: "SMS of step rest was reported failed (switched off)",
    Did.CANCELLED: "cancelled: the flow was ended",
}


def decision(verdict: Verdict = Verdict.MOVED, *entries: Entry, **changes: Any) -> Decision:
    usual = {
        "id": "1", "contact": "7", "flow": "test", "run": 1, "version": 3, "at": AT,
        "record": "0123456789abcdef", "by": "order.placed", "verdict": verdict, "entries": entries,
    }  # fmt: skip
    return Decision.model_validate(usual | changes)


def entry(did: str, **why: Any) -> Entry:
    return Entry(at=AT, step="rest", did=did, why=why)


@pytest.mark.parametrize("verdict", set(Verdict) - {Verdict.REFUSED})
def test_each_verdict_begins_with_its_time_and_is_told(verdict):
    (line,) = in_words(decision(verdict))
    assert line.startswith("2026-03-02 12:30:00  ")
    assert len(line) > 30


@pytest.mark.parametrize("reason", Refusal)
def test_each_refusal_is_told(reason):
    (line,) = in_words(decision(Verdict.REFUSED, reason=reason))
    assert line.endswith(REFUSED[reason])
    assert "not enrolled, suggested by event order.placed (01234567)" in line


def test_a_suggestion_that_no_event_made_is_told_by_who_made_it():
    asked = {"by": "headrace.enrolment.suggested", "suggested_by": "selection vips, triggers[0] due at 9"}
    (line,) = in_words(decision(Verdict.ENROLLED, **asked))
    assert "enrolled, suggested by selection vips, triggers[0] due at 9 (01234567), under" in line
    (line,) = in_words(decision(Verdict.ENROLLED, suggested_by="triggers[0]"))
    assert "suggested by event order.placed (01234567), under" in line


@pytest.mark.parametrize("reason", DropOut)
def test_each_drop_out_is_told(reason):
    lines = in_words(decision(Verdict.DROPPED_OUT, entry("dropped_out", reason=reason.value)))
    assert DROPPED[reason] in lines[1]


@pytest.mark.parametrize("did", Did)
def test_each_thing_that_happens_at_a_step_is_told(did):
    lines = in_words(decision(Verdict.MOVED, entry(did, **WHY.get(did, {}))))
    assert SAID[did] in lines[1]


@pytest.mark.parametrize("state", set(EffectState) - OPEN_STATES)
def test_each_end_of_a_message_is_told(state):
    lines = in_words(decision(Verdict.MESSAGE, entry(state, content="hello", reason="250 2.0.0 Taken")))
    told = MESSAGE[state].format(taker="the mail server")
    assert f"mail 'hello' of step rest {told} (250 2.0.0 Taken)" in lines[1]


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ({"action": "form_submitted:rsvp", "record": "abcdef0123", "action_at": AT},
         ": form_submitted:rsvp was done on 2026-03-02 12:30:00 (event abcdef01)"),
        ({"timeout": True}, ": nothing was done within the longest wait"),
        ({"until": AT, "passed": True}, ": the time to wait for had passed on 2026-03-02 12:30:00"),
        ({"missing": True, "field": "contact.birthday", "value": None},
         ": there is no such date to wait for; field: contact.birthday; value: nothing"),
        ({"already": True}, ": it was so already"),
        ({}, ""),
    ],
)  # fmt: skip
def test_why_somebody_goes_on_is_told(why, said):
    assert in_words(decision(Verdict.MOVED, entry("went_on", **why)))[1].endswith(f"went on from rest{said}")


@pytest.mark.parametrize(("reason", "where"), [("wait_timeout", "at rest"), ("no_consent", "before rest")])
def test_where_somebody_dropped_out_is_told(reason, where):
    assert (
        f"dropped out {where}:" in in_words(decision(Verdict.MOVED, entry("dropped_out", reason=reason)))[1]
    )


def test_a_wait_without_end_is_told_without_one():
    assert in_words(decision(Verdict.MOVED, entry("waits", until=None)))[1].endswith("waits at rest")


def test_a_timer_is_told_as_one():
    assert "on a timer" in in_words(decision(record=None, by="timer"))[0]


def test_what_was_seen_is_told_line_by_line():
    seen = Seen(field="contact.country", op="one_of", expected=["DE"], value=None, holds=False)
    in_split = Seen(field="contact.category", op="is", expected="Lead", value="Lead", holds=True)

    lines = in_words(
        decision(Verdict.ENROLLED, entry("went_on", seen=[in_split.model_dump(mode="json")]), seen=(seen,))
    )

    assert "contact.country one_of ['DE']? It was nothing: no" in lines[1]
    assert "went on from rest" in lines[2]
    assert "contact.category is 'Lead'? It was 'Lead': yes" in lines[3]


def test_fields_that_could_not_be_changed_are_named():
    why = {"raised": "contact.updated", "left": ["email", "custom.size"]}
    assert did_text(Did.CHANGED_CONTACT, "tidy", why).endswith("can't be kept: email, custom.size")
    assert did_text(Did.WENT_ON, "tidy", {"left": ["email"]}).endswith("can't be kept: email")
