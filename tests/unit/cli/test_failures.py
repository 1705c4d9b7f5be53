"""Problem documents in plain words."""

from pathlib import Path

import httpx
import pytest

from services.command_line.failures import Refused, field_of, path_of
from services.command_line.installation import find_key, is_local


def refusal(status: int, body: object) -> str:
    return str(Refused(httpx.Response(status, json=body)))


def test_a_problem_is_told_with_each_field() -> None:
    body = {
        "title": "Not valid",
        "detail": "flow 'welcome' has 2 problems",
        "errors": [
            {"pointer": "#/steps/0/content", "detail": "is required"},
            {"step": "first", "field": "days", "detail": "say how long to wait"},
            {"parameter": "limit", "detail": "is too large"},
        ],
    }
    assert refusal(422, body).splitlines() == [
        "flow 'welcome' has 2 problems",
        "  steps[0].content: is required",
        "  step first days: say how long to wait",
        "  limit: is too large",
    ]


def test_who_has_no_key_is_told_where_to_put_it() -> None:
    assert "--key" in refusal(401, {"detail": "this key is not known here"})


@pytest.mark.parametrize("body", [None, [], "busy"])
def test_an_answer_without_a_problem_document_is_told_by_its_status(body: object) -> None:
    assert "502" in refusal(502, body)


def test_pointers_become_what_people_write() -> None:
    assert path_of("#/data/a~1b/0") == ("data", "a/b", 0)
    assert field_of("#/data/items/0/name") == "data.items[0].name"
    assert field_of("#") == ""


def test_a_key_from_a_file_goes_to_this_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADRACE_DATA_DIR", str(tmp_path))
    (tmp_path / "key").write_text("hr_secret\n")
    assert find_key("http://localhost:8080", None) == "hr_secret"
    assert find_key("http://127.0.0.1:1", None) == "hr_secret"
    assert find_key("https://flows.example.org", None) is None
    assert find_key("https://flows.example.org", "hr_given") == "hr_given"
    assert not is_local("http://localhost.example.org")
