"""When messages leave: sending windows and frequency caps, and what those do who leave (domain.md §3, §6)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from tests.integration.services.engine import Engine
from tests.support.flows import CLICK, FlowBuilder, a_flow, a_path, country_is

pytestmark = pytest.mark.mongo

ZONE = "America/New_York"
WEEKLY = {"subscription_type": "news", "most": 1, "days": 7, "then": "wait"}


def by_hand() -> FlowBuilder:
    return a_flow().triggered_by({"kind": "manual"})


@pytest_asyncio.fixture(loop_scope="session")
async def caps(engine: Engine) -> AsyncIterator[Any]:
    """Sets them, and takes them away again."""

    async def put(*wanted: dict[str, Any]) -> None:
        tag = (await engine.ask("GET", "/v1/caps")).headers.get("ETag")
        headers = {"If-Match": tag} if tag else {}
        await engine.call("PUT", "/v1/caps", json={"caps": list(wanted)}, headers=headers)

    yield put
    await put()


async def test_outside_the_window_mail_waits_for_it_to_open_in_the_flow_s_timezone(engine: Engine) -> None:
    now = await engine.now()
    opens = (now + timedelta(hours=3)).astimezone(ZoneInfo(ZONE)).replace(second=0, microsecond=0)
    window = {"opens": f"{opens:%H:%M}", "closes": f"{opens + timedelta(hours=2):%H:%M}"}
    flow = by_hand().having(timezone=ZONE).mailing(window=window)
    await engine.runs("at-night", flow.add_to("done").mail("hello").wait("rest", hours=1).mail("again"))
    await engine.contacts("sleeps")

    await engine.suggests("at-night", "sleeps")

    row = await engine.passage("at-night", "sleeps")
    assert (row["step"], row["until"]) == ("hello", f"{opens.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    assert (await engine.contact("sleeps"))["selections"] == ["done"]
    told = f"waits for the sending window to open, before hello until {opens.astimezone(UTC):%Y-%m-%d %H:%M}"
    assert told in await engine.why("sleeps", "at-night")
    assert engine.mails("sleeps") == []

    await engine.pass_(hours=3)
    assert engine.mails("sleeps") == ["hello"]
    await engine.pass_(hours=1)
    assert engine.mails("sleeps") == ["hello", "again"]


async def test_who_withdraws_consent_while_waiting_for_the_window_gets_nothing(engine: Engine) -> None:
    opens = await engine.now() + timedelta(hours=5)
    window = {"opens": f"{opens:%H:%M}", "closes": f"{opens + timedelta(hours=1):%H:%M}"}
    await engine.runs("changed-mind", by_hand().having(timezone="UTC").mailing(window=window).mail("hello"))
    await engine.contacts("thinks-again")
    await engine.suggests("changed-mind", "thinks-again")

    await engine.happens("contact.unsubscribed", "thinks-again")
    await engine.pass_(hours=5)

    assert (await engine.passage("changed-mind", "thinks-again"))["reason"] == "no_consent"
    assert engine.mails("thinks-again") == []


async def test_what_is_above_a_cap_waits_over_all_flows_and_is_told_which_cap(
    engine: Engine, caps: Any
) -> None:
    await caps(WEEKLY)
    await engine.runs("one", by_hand().mailing(subscription_type="news").mail("hello"))
    await engine.runs("other", by_hand().mailing(subscription_type="news").mail("again"))
    await engine.runs("orders", by_hand().mailing(override_consent=True).mail("again"))
    await engine.contacts("reads-little", subscriptions=["news"])
    await engine.suggests("one", "reads-little")
    began = await engine.now()
    await engine.pass_(days=2)

    await engine.suggests("other", "reads-little")
    await engine.suggests("orders", "reads-little")

    row = await engine.passage("other", "reads-little")
    assert (row["status"], row["step"]) == ("active", "again")
    assert datetime.fromisoformat(row["until"]) == began + timedelta(days=7)
    assert engine.mails("reads-little") == ["hello", "again"], "what needs no consent is bound by no cap"
    words = "waits before again until"
    assert f"{words} {began + timedelta(days=7):%Y-%m-%d %H:%M:%S}" in await engine.why(
        "reads-little", "other"
    )
    assert "1 message of type 'news' within 7 days, and the cap is 1" in await engine.why(
        "reads-little", "other"
    )

    await engine.pass_(days=5)

    assert (await engine.passage("other", "reads-little"))["status"] == "finished"
    assert engine.mails("reads-little") == ["hello", "again", "again"]


async def test_what_is_above_a_cap_that_skips_is_left_out_and_the_passage_goes_on(
    engine: Engine, caps: Any
) -> None:
    await caps(WEEKLY | {"subscription_type": None, "then": "skip"})
    await engine.runs(
        "skipping", by_hand().mail("hello").mail("again").wait("rest", days=8).mail("again", "last")
    )
    await engine.contacts("spared")

    await engine.suggests("skipping", "spared")

    assert engine.mails("spared") == ["hello"]
    assert (await engine.passage("skipping", "spared"))["step"] == "rest"
    told = "left out the message of again: 1 message within 7 days, and the cap is 1"
    assert told in await engine.why("spared", "skipping")

    await engine.pass_(days=8)
    assert engine.mails("spared") == ["hello", "again"]


SWEDES = {"Sweden": (country_is("SE"), a_path("se-").mail("hello"))}
EXIT = {"suggest_for": "caught", "add_to_selection": "done", "text": "by the exit"}


@pytest.mark.parametrize(
    ("name", "flow", "reason"),
    [
        ("by-split", by_hand().split(SWEDES, leaving=EXIT), "no_match"),
        ("by-wait", by_hand().wait_for(CLICK, max_wait={"hours": 1}, on_timeout="exit", exit=EXIT), "wait_timeout"),
        ("by-sms", by_hand().step("send_sms", text="Hi", exit_without_mobile=True, exit=EXIT), "no_mobile"),
        ("by-exit", by_hand().exit(**EXIT), "removed_by_flow"),
    ],
)  # fmt: skip
async def test_who_leaves_is_suggested_to_another_flow_and_put_on_a_selection(
    engine: Engine, name: str, flow: FlowBuilder, reason: str
) -> None:
    """The filter over there lets one of two in."""
    lets_in, keeps_out = f"{name}-de", f"{name}-us"
    if (await engine.ask("GET", "/v1/flows/caught")).status_code == 404:
        await engine.runs("caught", by_hand().filtered(*country_is("DE")).wait("rest", days=9))
    await engine.runs(name, flow)
    await engine.contacts(lets_in, country="DE")
    await engine.contacts(keeps_out, country="US")

    await engine.suggests(name, lets_in, keeps_out)
    await engine.pass_(hours=1)

    for contact in (lets_in, keeps_out):
        row = await engine.passage(name, contact)
        assert (row["status"], row["reason"], row["reason_text"]) == ("dropped_out", reason, "by the exit")
        assert (await engine.contact(contact))["selections"] == ["done"]
        assert "suggested for flow caught" in await engine.why(contact, name)
    assert (await engine.passage("caught", lets_in))["step"] == "rest"
    assert await engine.passages("caught", keeps_out) == []
    assert "the filter does not let it in" in await engine.why(keeps_out, "caught")
