"""Each reason for dropping out, reached over HTTP: what is shown of the participant, and what is told of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from common.domain.reasons import DropOut
from tests.integration.services.engine import Engine
from tests.support.flows import CLICK, FlowBuilder, a_flow, a_path, country_is, line

pytestmark = pytest.mark.mongo

Happens = Callable[[Engine, str, str], Awaitable[None]]
SWEDES = {"Sweden": (country_is("SE"), a_path("se-").mail("again"))}
AT_ONCE = {
    "Now": (
        [line("contact.category", "is", "Now")],
        a_path("now-").mail("again").wait("stay", days=9),
    )
}
OR_LEAVE = {"exit_without_mobile": True, "exit": {"text": "mute"}}
NEWS = {"subscription_type": "news"}


def by_hand() -> FlowBuilder:
    return a_flow().triggered_by({"kind": "manual"})


def resting() -> FlowBuilder:
    """A day of rest, and then a mail."""
    return by_hand().wait("rest", days=1).mail("hello")


def becomes(**fields: Any) -> Happens:
    async def happens(engine: Engine, flow: str, contact: str) -> None:
        await engine.happens("contact.updated", contact, **fields)

    return happens


async def joins_the_staff(engine: Engine, flow: str, contact: str) -> None:
    await engine.happens("selection.added", contact, selection="staff")


async def unsubscribes(engine: Engine, flow: str, contact: str) -> None:
    await engine.happens("contact.unsubscribed", contact, subscription_type="news")


async def withdraws_consent(engine: Engine, flow: str, contact: str) -> None:
    await engine.happens("contact.unsubscribed", contact)


async def comes_back(engine: Engine, flow: str, contact: str) -> None:
    """The mail that it was sent first."""
    (sent,) = (await engine.call("GET", "/v1/messages", params={"flow": flow}))["messages"]
    bounce = {"kind": "bounce", "effect": sent["id"], "permanent": True, "reason": "550 no such user"}
    await engine.call("POST", "/v1/bounces", json=bounce)
    await engine.drain()


async def another_is_first(engine: Engine, flow: str, contact: str) -> None:
    """Somebody else at the address, who did not rest as long."""
    await engine.contacts("first-at-it", email=f"{contact}@example.org", category="Now")
    await engine.suggests(flow, "first-at-it")


async def nothing(engine: Engine, flow: str, contact: str) -> None:
    return


@dataclass(frozen=True)
class Case:
    """`flow` is run, somebody with `fields` is suggested, `happens`, and a day goes by. Then it has dropped out `at`
    the step, `why` holds these values beside the reason, and `words` are told."""

    reason: DropOut
    flow: FlowBuilder
    at: str
    words: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    happens: Happens = nothing
    why: Mapping[str, Any] = field(default_factory=dict)
    mails: tuple[str, ...] = ()


CASES = [
    Case(
        DropOut.FORMER_EMPLOYEE, resting(), "hello", "dropped out before hello: the contact is a former employee",
        happens=becomes(retired=True), why={"retired": True},
    ),
    Case(
        DropOut.EXCLUDED, resting().excluding("staff"), "hello",
        "dropped out before hello: the contact is on an exclusion list; selections: ['staff']",
        happens=joins_the_staff, why={"selections": ["staff"]},
    ),
    Case(
        DropOut.NO_CONSENT, resting(), "hello", "before hello: there is no valid consent for e-marketing",
        happens=withdraws_consent, why={"consent": "consent"},
    ),
    Case(
        DropOut.NO_SUBSCRIPTION, resting().mailing(**NEWS), "hello",
        "before hello: the contact has not subscribed to this type of mail; wanted: news; subscriptions: ['offers']",
        fields={"subscriptions": ["news", "offers"]}, happens=unsubscribes,
        why={"wanted": "news", "subscriptions": ["offers"]},
    ),
    Case(
        DropOut.NO_EMAIL, resting(), "hello", "the contact has no e-mail address; email: nothing",
        happens=becomes(email=None), why={"email": None},
    ),
    Case(
        DropOut.EMAIL_IN_USE, by_hand().split(AT_ONCE).wait("rest", days=1).mail("hello"), "hello",
        "the address is active in this flow through another contact; email: email-in-use@example.org",
        happens=another_is_first, why={"email": "email-in-use@example.org"}, mails=("again",),
    ),
    Case(
        DropOut.EMAIL_BLOCKED, by_hand().mail("again").wait("rest", days=1).mail("hello"), "hello",
        "dropped out before hello: the address is blocked; email: email-blocked@example.org; no mailing: False",
        happens=comes_back, why={"email": "email-blocked@example.org", "no_mailing": False}, mails=("again",),
    ),
    Case(
        DropOut.NO_MOBILE, by_hand().wait("rest", days=1).step("send_sms", "text", text="Hi", **OR_LEAVE), "text",
        "dropped out at text: the contact has no mobile number (mute); mobile: nothing", why={"mobile": None},
    ),
    Case(
        DropOut.NO_MATCH, by_hand().wait("rest", days=1).split(SWEDES, leaving={"text": "far"}, step_id="parting"),
        "parting", "dropped out at parting: no branch of the split matched (far)",
        happens=becomes(country="US"), why={"branch": "Everyone else"},
    ),
    Case(
        DropOut.WAIT_TIMEOUT,
        by_hand().wait_for(CLICK, step_id="act", max_wait={"hours": 5}, on_timeout="exit"), "act",
        "dropped out at act: nothing happened within the longest wait", why={"timeout": True},
    ),
    Case(
        DropOut.REMOVED_BY_FLOW, by_hand().wait("rest", days=1).exit("leave", text="that was all"), "leave",
        "dropped out at leave: a step of the flow took it out (that was all)",
    ),
]  # fmt: skip


def test_there_is_a_case_for_each_reason() -> None:
    assert sorted(case.reason for case in CASES) == sorted(DropOut)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.reason.value)
async def test_it_is_reached_shown_and_told(engine: Engine, case: Case) -> None:
    name = case.reason.value.replace("_", "-")
    await engine.runs(name, case.flow)
    await engine.contacts(name, **case.fields)
    await engine.suggests(name, name)
    assert (await engine.passage(name, name))["status"] == "active"

    await case.happens(engine, name, name)
    await engine.pass_(days=1)

    row = await engine.passage(name, name)
    assert (row["status"], row["reason"], row["step"]) == ("dropped_out", case.reason, case.at)
    assert (row["version"], row["held"], row["until"]) == (1, False, None)
    assert row["since"] <= row["left_at"]
    assert engine.mails(name) == list(case.mails)
    told = await engine.call("GET", "/v1/why", params={"contact": name, "flow": name})
    last = told["decisions"][-1]
    assert (last["verdict"], last["reason"], last["version"]) == ("dropped_out", case.reason, 1)
    entry = next(each for each in last["entries"] if each["did"] == "dropped_out")
    assert (entry["step"], entry["why"]["reason"]) == (case.at, case.reason)
    assert dict(case.why) == {key: entry["why"][key] for key in case.why}
    assert any(case.words in line for line in told["lines"]), told["lines"]
    report = await engine.call("GET", f"/v1/reports/flows/{name}")
    assert report["by_drop_out_reason"][case.reason.value] == 1
