"""Whether what a story expects has come true, and what happened instead."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from common.domain.contact import Contact
from common.domain.facts import collect
from common.domain.participant import Participant
from common.domain.story import Expectation
from services.command_line.stories.stage import Sent, Stage


def failures(expected: Expectation, stage: Stage) -> Iterator[str]:
    """Each part that did not come true, as a sentence: what was expected, and what happened instead."""
    yield from of_messages(expected, stage)
    if expected.contact is None:
        return
    contact = stage.contacts.rows.get(expected.contact) or Contact(id=expected.contact)
    if any((expected.status, expected.reason, expected.step)):
        yield from of_passage(expected, last_passage(stage, expected))
    if expected.refused:
        yield from of_refusal(expected, stage)
    for selection in expected.in_selections:
        if selection not in contact.selections:
            yield f"{contact.id} should be in selection {selection!r}; it is in {listed(contact.selections)}"
    for selection in expected.not_in:
        if selection in contact.selections:
            yield f"{contact.id} should not be in selection {selection!r}, but it is"
    for name, value in expected.fields.items():
        found = collect([f"contact.{name}"], contact).get(f"contact.{name}")
        if found != value:
            yield f"contact.{name} of {contact.id} should be {value!r}; it is {found!r}"


def of_messages(expected: Expectation, stage: Stage) -> Iterator[str]:
    mine = [sent for sent in stage.sent if concerns(sent, expected)]
    whom = expected.to or expected.contact or "anybody"
    if expected.sent and not any(named(sent, expected.sent) for sent in mine):
        yield f"{expected.sent!r} should have been sent to {whom}; sent to {whom}: {messages(mine)}"
    if expected.not_sent:
        wrong = [sent for sent in mine if named(sent, expected.not_sent)]
        if wrong:
            yield f"{expected.not_sent!r} should not have been sent to {whom}; sent: {messages(wrong)}"


def concerns(sent: Sent, expected: Expectation) -> bool:
    return (
        (expected.to is None or expected.to.casefold() in sent.addresses)
        and (expected.contact in (None, sent.effect.contact))
        and (expected.flow in (None, sent.effect.flow))
    )


def named(sent: Sent, name: str) -> bool:
    return name in (sent.effect.content, sent.effect.step)


def messages(found: list[Sent]) -> str:
    return listed([f"{sent.effect.content or sent.effect.step} ({moment(sent.at)})" for sent in found])


def last_passage(stage: Stage, expected: Expectation) -> Participant | None:
    mine = [
        each
        for each in stage.participants.rows.values()
        if (each.contact, each.flow) == (expected.contact, expected.flow)
    ]
    return max(mine, key=lambda each: each.enrolled_at, default=None)


def of_passage(expected: Expectation, passage: Participant | None) -> Iterator[str]:
    who = f"{expected.contact} in {expected.flow}"
    if passage is None:
        yield f"{who} should be there; it never came in"
        return
    wanted: dict[str, Any] = {"status": expected.status, "reason": expected.reason, "step": expected.step}
    for name, value in wanted.items():
        found = getattr(passage, name)
        if value is not None and found != value:
            yield f"{name} of {who} should be {value}; it is {found or 'none'}" + since(passage)


def since(passage: Participant) -> str:
    return f" (at {passage.step} since {moment(passage.since)})" if passage.active else ""


def of_refusal(expected: Expectation, stage: Stage) -> Iterator[str]:
    about = [
        row for row in stage.decisions.rows if (row.contact, row.flow) == (expected.contact, expected.flow)
    ]
    refused = [row.reason for row in about if row.verdict == "refused"]
    if not refused or refused[-1] != expected.refused:
        found = refused[-1] if refused else "it was never refused"
        yield f"{expected.contact} should be refused by {expected.flow} for {expected.refused}; found: {found}"


def listed(names: list[str]) -> str:
    return ", ".join(names) or "nothing"


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
