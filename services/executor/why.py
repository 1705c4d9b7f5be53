"""Why: the decisions about a contact in a flow, in words."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from common.domain.conditions import Seen
from common.domain.conditions.seen import brief
from common.domain.decision import Decision, Entry, Verdict
from common.domain.effect import EffectState
from common.domain.event import COMPANY_SALE_CREATED, ENROLMENT_SUGGESTED, SALE_CREATED
from common.domain.progress import Did, Gate
from common.domain.reasons import DropOut, Refusal

REFUSED: Mapping[Refusal, str] = {
    Refusal.LOOP: "the event was the tenth in a row raised by flows without a wait between",
    Refusal.FLOW_CLOSED: "the flow took no participants then",
    Refusal.ENROLMENT_ENDED: "the flow took no newcomers any more",
    Refusal.ALREADY_IN_FLOW: "the contact was already in the flow",
    Refusal.ONCE_ONLY: "a contact can start this flow only once, and it had been in before",
    Refusal.FILTER: "the filter does not let it in",
    Refusal.EXCLUSION_LIST: "it is on an exclusion list",
}
DROPPED: Mapping[DropOut, str] = {
    DropOut.FORMER_EMPLOYEE: "the contact is a former employee",
    DropOut.EXCLUDED: "the contact is on an exclusion list",
    DropOut.NO_CONSENT: "there is no valid consent for e-marketing",
    DropOut.NO_SUBSCRIPTION: "the contact has not subscribed to this type of mail",
    DropOut.NO_EMAIL: "the contact has no e-mail address",
    DropOut.EMAIL_IN_USE: "the address is active in this flow through another contact",
    DropOut.EMAIL_BLOCKED: "the address is blocked",
    DropOut.NO_MOBILE: "the contact has no mobile number",
    DropOut.NO_MATCH: "no branch of the split matched",
    DropOut.WAIT_TIMEOUT: "nothing happened within the longest wait",
    DropOut.REMOVED_BY_FLOW: "a step of the flow took it out",
}
WAITING_FOR: Mapping[str, str] = {
    Gate.START: "for the flow to begin, before",
    Gate.WINDOW: "for the sending window to open, before",
}
MESSAGE: Mapping[EffectState, str] = {
    EffectState.DONE: "was taken by {taker}",
    EffectState.FAILED: "was refused by {taker}",
    EffectState.WITHDRAWN: "was withdrawn before it was sent",
    EffectState.IN_DOUBT: "may or may not have arrived: its sending was cut short",
}

CHANNELS: Mapping[str, str] = {
    "crm": "act in the CRM",
    "email": "mail",
    "notify_email": "notification by mail",
    "notify_sms": "notification by SMS",
    "sms": "SMS",
    "webhook": "webhook call",
}
TAKERS: Mapping[str, str] = {
    "crm": "the CRM",
    "email": "the mail server",
    "notify_email": "the mail server",
    "notify_sms": "the SMS provider",
    "sms": "the SMS provider",
}


OF_ITS_COMPANY: Mapping[str, str] = {COMPANY_SALE_CREATED: f"{SALE_CREATED} on its company"}
"""What a contact hears of its company bears the id of the event that was about that."""

SAID = frozenset(
    {
        "action", "action_at", "already", "branch", "cap", "channel", "content", "effect", "flow", "for", "left",
        "missing", "nobody", "passed", "raised", "reason", "record", "seen", "sent", "skipped", "status", "success",
        "text", "timeout", "to", "until", "user", "users",
    }
)  # fmt: skip
"""What of an entry's `why` has words of its own, or is no more than an id; all else is told by its name."""

AT_THE_STEP = frozenset({DropOut.NO_MATCH, DropOut.NO_MOBILE, DropOut.WAIT_TIMEOUT, DropOut.REMOVED_BY_FLOW})
"""Reasons that the step itself gave; all others are found before it."""


def in_words(decision: Decision) -> list[str]:
    """One decision as lines of text, the first with its time."""
    at = decision.at.strftime("%Y-%m-%d %H:%M:%S")
    first, *others = [headline(decision), *map(seen_line, decision.seen), *entry_lines(decision)]
    return [f"{at}  {first}", *(f"{'':19}  {line}" for line in others)]


def headline(decision: Decision) -> str:
    by = cause_of(decision)
    match decision.verdict:
        case Verdict.ENROLLED:
            return f"enrolled, suggested by {by}, under version {decision.version}"
        case Verdict.REFUSED:
            return f"not enrolled, suggested by {by}: {REFUSED[Refusal(decision.reason or '')]}"
        case Verdict.REMOVED:
            return "removed from the flow by hand"
        case Verdict.MESSAGE:
            return "news of a message"
        case _:
            return f"on {by}, under version {decision.version}"


def cause_of(decision: Decision) -> str:
    """What it was decided on; of a suggestion that no event made, who made it."""
    if decision.record is None:
        return "a timer"
    if decision.by == ENROLMENT_SUGGESTED and decision.suggested_by:
        return f"{decision.suggested_by} ({decision.record[:8]})"
    return f"event {OF_ITS_COMPANY.get(decision.by, decision.by)} ({decision.record[:8]})"


def seen_line(seen: Seen) -> str:
    verdict = "yes" if seen.holds else "no"
    value = "nothing" if seen.value is None else repr(seen.value)
    return f"- {seen.field} {seen.op} {seen.expected!r}? It was {value}: {verdict}"


def entry_lines(decision: Decision) -> Iterator[str]:
    for entry in decision.entries:
        yield f"- {entry_text(entry)}"
        yield from (
            f"  {seen_line(Seen.model_validate(row))}"
            for row in entry.why.get("seen") or ()
            if isinstance(row, dict)
        )


def entry_text(entry: Entry) -> str:
    why: dict[str, Any] = entry.why
    if entry.did in set(EffectState):
        taker = TAKERS.get(why.get("channel", "email"), "the other side")
        told = MESSAGE.get(EffectState(entry.did), entry.did).format(taker=taker)
        words = why.get("text") or why.get("reason")
        reason = f" ({words})" if words else ""
        return f"{message_of(why)} of step {entry.step} {told}{reason}"
    return did_text(Did(entry.did), entry.step, why) + other_text(why)


def other_text(why: Mapping[str, Any]) -> str:
    """What else decided it, or was done."""
    return "".join(
        f"; {name.replace('_', ' ')}: {value_text(value)}" for name, value in why.items() if name not in SAID
    )


def value_text(value: Any) -> str:
    if value is None:
        return "nothing"
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(brief(value))


def message_of(why: Mapping[str, Any]) -> str:
    """Which message, in the words of its channel."""
    channel = why.get("channel", "email")
    name = f" {why['content']!r}" if why.get("content") else ""
    return f"{CHANNELS.get(channel, channel)}{name}"


def on_what(why: Mapping[str, Any]) -> str:
    """What decided that a participant goes on."""
    if "branch" in why:
        return f", into branch {why['branch']!r}"
    if "action" in why:
        return f": {why['action']} was done{of_record(why)}"
    if "skipped" in why:
        return f", skipped: {DROPPED[DropOut(why['skipped'])]}"
    if "nobody" in why:
        return f": the contact has nobody who is {why['nobody'].replace('_', ' ')}, so nobody is told"
    if why.get("timeout"):
        return ": nothing was done within the longest wait"
    if why.get("passed"):
        return f": the time to wait for had passed{at_text(why)}"
    if why.get("missing"):
        return ": there is no such date to wait for"
    return ": it was so already" if why.get("already") else left_text(why)


def to_whom(why: Mapping[str, Any]) -> str:
    """Who of ours is told."""
    users = why.get("users") or [each for each in (why.get("user"),) if each]
    if users:
        return f", for user {', '.join(users)}"
    return f", for {why['to']}" if why.get("to") else ""


def left_text(why: Mapping[str, Any]) -> str:
    """Which fields an action on them could not change."""
    return (
        f"; left as it was, since the new value can't be kept: {', '.join(why['left'])}"
        if why.get("left")
        else ""
    )


def fallen_text(why: Mapping[str, Any]) -> str:
    return f"; the wait there ended{at_text(why)}" if why.get("until") else ""


def at_text(why: Mapping[str, Any]) -> str:
    return f" on {why['until']:%Y-%m-%d %H:%M:%S}" if why.get("until") else ""


def of_record(why: Mapping[str, Any]) -> str:
    at = f" on {why['action_at']:%Y-%m-%d %H:%M:%S}" if why.get("action_at") else ""
    return f"{at} (event {why['record'][:8]})" if why.get("record") else at


def did_text(did: Did, step: str, why: Mapping[str, Any]) -> str:
    match did:
        case Did.HELD:
            return f"held at {step} until the flow is resumed{fallen_text(why)}"
        case Did.WENT_ON:
            return f"went on from {step}{on_what(why)}"
        case Did.WAITS:
            until = f" until {why['until']:%Y-%m-%d %H:%M:%S}" if why.get("until") else ""
            if why.get("effect"):
                return f"{message_of(why)} of step {step} waits for the sending window to open{until}"
            if why.get("for") == Gate.CAP:
                return f"waits before {step}{until}: {cap_text(why)}"
            return f"waits {WAITING_FOR.get(why.get('for', ''), 'at')} {step}{until}"
        case Did.PLANNED_MESSAGE:
            return f"{message_of(why)} planned at {step}"
        case Did.PLANNED_CALL:
            return f"{message_of(why)} planned at {step}{to_whom(why)}"
        case Did.REPORTED:
            reason = f" ({why['reason']})" if why.get("reason") else ""
            return f"{message_of(why)} of step {step} was reported {why.get('status')}{reason}"
        case Did.CHANGED_CONTACT:
            return f"changed the contact at {step} ({why.get('raised')}){left_text(why)}"
        case Did.SUGGESTED:
            return f"suggested for flow {why.get('flow')}"
        case Did.SKIPPED:
            return f"left out the message of {step}: {cap_text(why)}"
        case Did.KEPT_ACTION:
            return f"kept the action {why.get('action')}{of_record(why)}"
        case Did.SUCCEEDED:
            return "met a success criterion"
        case Did.FINISHED:
            return "finished with success" if why.get("success") else "finished"
        case Did.DROPPED_OUT:
            words = DROPPED[DropOut(why["reason"])]
            where = "at" if DropOut(why["reason"]) in AT_THE_STEP else "before"
            return f"dropped out {where} {step}: {words}" + (f" ({why['text']})" if why.get("text") else "")
        case Did.CANCELLED:
            return "cancelled: the flow was ended"


def cap_text(why: Mapping[str, Any]) -> str:
    """Which cap left no room; of a contact that was forgotten that is not known any more."""
    cap = why.get("cap")
    if not cap:
        return "a frequency cap left no room"
    kind = f" of type {cap['subscription_type']!r}" if cap.get("subscription_type") else ""
    number = f"{why['sent']} message" + ("s" if why["sent"] != 1 else "")
    return f"{number}{kind} within {cap['days']} days, and the cap is {cap['most']}"
