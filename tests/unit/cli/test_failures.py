"""Problem documents in plain words, and the key that a command finds."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

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


@contextmanager
def an_installation(key: str) -> Iterator[str]:
    """The address of one that knows this key alone."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Authorization"] == f"Bearer {key}"
            self.send_response(200 if known else 401)
            self.end_headers()

        def log_request(self, code: object = "-", size: object = "-") -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("running", ["hr_demo", "hr_earnest"])
def test_beside_the_demo_s_data_the_key_is_that_of_whoever_is_running(
    running: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEADRACE_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for folder, key in ((".headrace", "hr_demo"), ("headrace", "hr_earnest")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "key").write_text(key)
    with an_installation(running) as url:
        assert find_key(url, None) == running
    assert find_key(url, None) is None, "nobody is there any more"
