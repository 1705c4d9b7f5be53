"""What an installation made of the CDNOW orders: from its store, its reports and the mail sink."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.support.installation import Installation
from tests.support.mongod import Database
from tests.support.replay import FLOW
from tests.support.smtp_sink import Got

REFUSALS = ("already_in_flow", "filter", "exclusion_list")
STATUSES = ("active", "finished", "finished_with_success")
CONTENTS = ("thanks", "miss-you")
SUBJECTS = {"thanks": "Thank you", "miss-you": "We"}
"""How the mails of `examples/winback.yaml` begin."""


async def in_store(database: Database) -> Counter[str]:
    """Counted in the collections themselves."""
    store = database.client[database.name]
    found: Counter[str] = Counter()
    async for row in await store.participants.aggregate([{"$group": {"_id": "$status", "n": {"$sum": 1}}}]):
        found[row["_id"]] = row["n"]
        found["enrolled"] += row["n"]
    refusals = [{"$match": {"verdict": "refused"}}, {"$group": {"_id": "$reason", "n": {"$sum": 1}}}]
    async for row in await store.decisions.aggregate(refusals):
        found[row["_id"]] = row["n"]
    found["suggested"] = found["enrolled"] + sum(found[reason] for reason in REFUSALS)
    found["lapsed"] = await store.contacts.count_documents({"selections": "lapsed"})
    return found


async def in_reports(installation: Installation) -> Counter[str]:
    """As the reporting API tells it."""
    report: dict[str, Any] = await installation.call("GET", f"/v1/reports/flows/{FLOW}")
    found = Counter({name: report["by_status"][name] for name in STATUSES})
    found.update({reason: report["refused"][reason] for reason in REFUSALS})
    found.update({"suggested": report["suggested"], "enrolled": report["enrolled"]})
    for message in report["messages"]:
        found[message["content"]] = message["by_state"]["done"]
    return found


async def hold_reports_to_the_truth(installation: Installation) -> None:
    """Worked out anew, every fact and every counter is found as it is reported."""
    path = "/v1/reports/verification"
    answer = await installation.client.post(installation.url(path), json={})
    assert answer.is_success, answer.text
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert sum(line["contacts"] for line in lines if line["looked"] == "facts") > 0
    assert lines[-1] == {"looked": "all", "equal": True}, answer.text


def at_sink(received: Counter[Got]) -> Counter[str]:
    """Mails by content; each is told by how its subject begins."""
    return Counter(
        next(content for content, start in SUBJECTS.items() if got.subject.startswith(start))
        for got in received
    )


@dataclass(frozen=True)
class Mails:
    """The ledger's rows as the sink's Message-IDs name them, by state."""

    done: set[str]
    in_doubt: set[str]
    others: Counter[str]


async def ledger(database: Database) -> Mails:
    rows = [row async for row in database.client[database.name].effects.find({}, {"state": 1})]
    by_state = {
        state: {f"effect.{row['_id']}" for row in rows if row["state"] == state}
        for state in ("done", "in_doubt")
    }
    others = Counter(row["state"] for row in rows if row["state"] not in by_state)
    return Mails(by_state["done"], by_state["in_doubt"], others)


def message_ids(received: Counter[Got]) -> set[str]:
    """The left parts, which derive from the ledger's keys."""
    return {got.message_id.strip("<>").split("@")[0] for got in received}
