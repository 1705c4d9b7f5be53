"""Flows from the command line: what there is, and their life (domain.md §2)."""

from typing import Any

from rich.table import Table

from common.domain.life_cycle import Act
from common.domain.reasons import FlowState
from services.command_line.failures import error_in_words
from services.command_line.installation import Installation

PAGE = 500
PAST: dict[Act, str] = {
    Act.RUN: "runs",
    Act.PAUSE: "is paused: nobody moves, newcomers queue before the first step",
    Act.RESUME: "runs on",
    Act.END: "has ended: whoever was inside is cancelled",
}
"""The acts that can be asked for, and what is true afterwards."""


def perform(installation: Installation, act: Act, flow: str) -> dict[str, Any]:
    """The flow after the act; raises `Refused` with all that stands in the way."""
    answer: dict[str, Any] = installation.ask("POST", f"/v1/flows/{flow}/{act.value}").json()
    return answer


def warnings(installation: Installation, flow: str) -> list[str]:
    """What its author may have overlooked, in words."""
    asked = installation.ask("POST", f"/v1/flows/{flow}/validate").json()
    return [error_in_words(each) for each in asked["warnings"]]


def run_unless_running(installation: Installation, flow: str) -> None:
    """See to it that a flow runs: from not running, or from a pause."""
    match FlowState(installation.read(f"/v1/flows/{flow}")["state"]):
        case FlowState.NOT_RUNNING:
            perform(installation, Act.RUN, flow)
        case FlowState.PAUSED:
            perform(installation, Act.RESUME, flow)
        case FlowState.RUNNING:
            return


def all_flows(installation: Installation) -> list[dict[str, Any]]:
    """Each flow with the figures of its report under `report` (`None`: nothing to report)."""
    reports = {row["flow"]: row for row in installation.pages("/v1/reports/flows", "items", limit=PAGE)}
    return [
        flow | {"report": reports.get(flow["id"])}
        for flow in installation.pages("/v1/flows", "items", limit=PAGE)
    ]


def flow_table(flows: list[dict[str, Any]]) -> Table:
    table = Table("Flow", "Name", "State", box=None, pad_edge=False)
    for name in ("Version", "Enrolled", "In progress", "Completed", "Success"):
        table.add_column(name, justify="right")
    for flow in flows:
        report = flow["report"] or {}
        table.add_row(
            flow["id"],
            flow["name"],
            flow["state"].replace("_", " "),
            str(flow["version"] or "–"),
            *(str(report.get(name, 0)) for name in ("enrolled", "in_progress", "completed")),
            percent(report.get("success_rate")),
        )
    return table


def percent(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.1%}"
