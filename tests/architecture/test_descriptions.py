"""What describes the product to other programs says what the code says: interfaces, dashboard, alerts."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from common.domain.effect import EffectState
from common.domain.reasons import DropOut, Refusal, Status
from common.messages.happened import Earning, Engagement, Fact, Fate, Happened, to_record
from common.messages.outside import to_outside
from common.messages.topology import ROAD, Service
from common.runtime.metrics import Intake, Metrics

ROOT = Path(__file__).parents[2]
FACTS: list[type[Fact]] = list(get_args(get_args(Happened)[0]))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
VALUES: dict[str, Any] = {
    "flow": "f", "run": 1, "version": 2, "participant": "p", "effect": "e", "channel": "email", "step": "s",
    "content": "c", "state": EffectState.DONE, "status": Status.DROPPED_OUT, "reason": DropOut.NO_CONSENT,
    "enrolled_at": NOON, "left_at": NOON, "entered_at": NOON, "next_step": "t", "visit": 1, "event": "o",
    "amount": 9.5, "currency": "EUR", "link": "offer", "bot": False, "kind": "", "fate": Fate.BOUNCED,
}  # fmt: skip

WORDS = re.compile(r"\b(headrace_\w+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
OF_PROMETHEUS = {"job", "instance"}
ENUMS = {
    "service": {*ROAD, Service.EFFECTS, Service.OUTSIDE},
    "state": set(EffectState),
    "outcome": set(Intake),
}


def test_the_interfaces_are_described_as_they_are():
    checked = subprocess.run(
        [sys.executable, "scripts/describe.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )

    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_what_is_sent_is_what_is_described(fact: type[Fact]):
    asyncapi = yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text())
    payload = asyncapi["components"]["messages"][fact.__name__]["payload"]
    values = {name: VALUES[name] for name in fact.model_fields if name != "type"}
    if fact.__name__ == "SuggestionRefused":
        values["reason"] = Refusal.FILTER
    if "kind" in values:
        values["kind"] = Earning.ORDER if fact.__name__ == "RevenueFollowed" else Engagement.OPEN
    for given in (values, {name: v for name, v in values.items() if fact.model_fields[name].is_required()}):
        record = to_record(fact(**given), "c", NOON, "cause")  # type: ignore[arg-type]
        sent = json.loads(to_outside(record).model_dump_json(exclude_none=True))

        assert fits(sent, payload)
        assert fits(sent["data"], payload["properties"]["data"])
        assert sent["type"] == payload["properties"]["type"]["const"]
        assert asyncapi["channels"][fact.__name__]["address"] == sent["type"]


def fits(sent: dict[str, Any], schema: dict[str, Any]) -> bool:
    return set(schema["required"]) <= sent.keys() <= schema["properties"].keys()


def expressions() -> Iterator[str]:
    """Every query of the dashboard and the alerts."""
    board = json.loads((ROOT / "deploy/grafana/headrace.json").read_text())
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    for variable in board["templating"]["list"]:
        yield variable["query"]
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


@pytest.mark.parametrize("query", sorted(set(expressions())))
def test_dashboard_and_alerts_ask_for_what_there_is(query: str):
    series = Metrics().catalogue.series
    asked = WORDS.findall(query)
    known = OF_PROMETHEUS.union(*(series.get(name, frozenset()) for name, _ in asked))

    assert {name for name, _ in asked} <= series.keys()
    for name, labels in asked:
        for label, value in re.findall(r'(\w+)!?=~?"([^"]*)"', labels):
            assert label in series[name] | OF_PROMETHEUS
            assert label not in ENUMS or value in ENUMS[label]
    for grouped in GROUPED.findall(query):
        assert {label.strip() for label in grouped.split(",")} <= known


def test_each_figure_is_on_the_dashboard():
    shown = {name for query in expressions() for name, _ in WORDS.findall(query)}
    families = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in Metrics().catalogue.series}

    assert families - {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in shown} == set()


def test_each_alert_says_how_bad_it_is_and_what_to_do():
    alerts = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]

    assert len({rule["alert"] for rule in rules}) == len(rules)
    assert {rule["labels"]["severity"] for rule in rules} == {"page", "look"}
    for rule in rules:
        assert rule["annotations"].keys() == {"summary", "description"}
