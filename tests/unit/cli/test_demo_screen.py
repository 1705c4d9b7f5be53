"""The demo's table."""

import pytest
from rich.console import Console

from services.command_line.demo_screen import Figures, drawn


@pytest.mark.parametrize("state", ["running", "not_running"])
def test_its_words_are_whole_on_a_terminal_of_80_columns(state: str) -> None:
    console = Console(width=80)
    with console.capture() as shown:
        console.print(
            drawn(
                Figures(
                    name="Welcome", state=state, suggested=278_000, enrolled=209_000, in_progress=11_000,
                    completed=175_000, dropped_out=23_000, success_rate=0.325, places={"tour": 3},
                    titles={"tour": "Wait for the tour, a day at most"}, mails=23, now="2026-12-13T06:03:00Z",
                )
            )
        )  # fmt: skip
    text = shown.get()
    assert "…" not in text
    for word in ("Suggested", "Enrolled", "progress", "Completed", "Dropped", "Success", "32.5%", "278000"):
        assert word in text
