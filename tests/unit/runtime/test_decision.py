"""What is said in the log of a record or a timer whose handling raised."""

from datetime import UTC, datetime

from structlog.testing import capture_logs

from common.domain.participant import Participant
from common.messages.record import Record, Suggestion
from common.runtime.decision import DECISION_RAISED, error_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def raising(subject: object) -> None:
    raise ValueError("no such step")


def test_an_error_names_the_record_and_the_flow_versions_that_it_was_suggested_for():
    suggestion = Suggestion(flow="welcome", version=3, run=1, by="triggers[0]")
    record = Record(id="r1", type="order.placed", source="s", time=NOW, suggestions=(suggestion,))
    with capture_logs() as logs:
        why = error_of(raising, record)

    assert why == "ValueError: no such step"
    assert (
        next(log for log in logs if log["event"] == DECISION_RAISED).items()
        >= {
            "record": "r1",
            "type": "order.placed",
            "suggested": ["welcome@3"],
        }.items()
    )


def test_an_error_names_the_participant_its_step_and_its_flow_version():
    timer = Participant(
        id="p1", flow="welcome", run=1, version=3, contact="c", partition=0, enrolled_at=NOW, cause="r",
        step="wait", since=NOW,
    )  # fmt: skip
    with capture_logs() as logs:
        error_of(raising, timer)

    assert (
        logs[0].items()
        >= {
            "participant": "p1",
            "flow": "welcome",
            "flow_version": 3,
            "step": "wait",
        }.items()
    )
