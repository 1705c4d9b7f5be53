"""Files of records on their way: portions, repeats, busy servers, rejections by line."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.command_line.failures import Refused, Unreachable
from services.command_line.installation import Installation
from services.command_line.upload import CONTACTS, EVENTS, Interrupted, Summary, upload
from tests.unit.cli.conftest import Answer, Scripted


def receipt(accepted: int, *rejected: int) -> Answer:
    records: list[dict[str, Any]] = [
        {"index": n, "outcome": "accepted", "errors": []} for n in range(accepted)
    ]
    for index in rejected:
        error = {"pointer": "#/type", "detail": "is required"}
        records.append({"index": index, "outcome": "rejected", "errors": [error]})
    return Answer(202, {"accepted": accepted, "duplicates": 0, "rejected": len(rejected), "records": records})


BUSY = Answer(503, {"detail": "too much at once"}, {"Retry-After": "2"})


def lines(folder: Path, count: int) -> Path:
    path = folder / "events.jsonl"
    path.write_text(
        "".join(json.dumps({"id": f"e{n}", "type": "trial.started"}) + "\n" for n in range(count))
    )
    return path


def send(server: Scripted, path: Path, waits: list[float] | None = None) -> Summary:
    kept = [] if waits is None else waits
    return upload(Installation(server.url, "hr_key"), path, EVENTS, wait=kept.append)


def test_a_file_goes_out_in_order_in_portions_with_the_key(server: Scripted, tmp_path: Path) -> None:
    server.answers = [receipt(500), receipt(500), receipt(1)]
    done: list[int] = []
    path = lines(tmp_path, 1001)
    summary = upload(Installation(server.url, "hr_key"), path, EVENTS, look=done.append)
    assert [len(asked.body) for asked in server.asked] == [500, 500, 1]
    assert [row["id"] for asked in server.asked for row in asked.body] == [f"e{n}" for n in range(1001)]
    assert server.asked[0].headers["Authorization"] == "Bearer hr_key"
    assert (summary.accepted, done[-1]) == (1001, path.stat().st_size)


def test_the_same_file_again_bears_the_same_idempotency_keys(server: Scripted, tmp_path: Path) -> None:
    path = tmp_path / "same.jsonl"
    path.write_text('{"type": "trial.started"}\n' * 1000)
    server.answers = [receipt(500)]
    send(server, path)
    send(server, path)
    keys = [asked.headers["Idempotency-Key"] for asked in server.asked]
    assert keys[:2] == keys[2:]
    assert keys[0] != keys[1], "equal portions of one file are not repeats of one another"


def test_a_busy_installation_is_asked_again_when_it_says(server: Scripted, tmp_path: Path) -> None:
    server.answers = [BUSY, BUSY, receipt(3)]
    waits: list[float] = []
    assert send(server, lines(tmp_path, 3), waits).accepted == 3
    assert waits == [2.0, 2.0]


def test_who_stays_busy_is_given_up_with_what_was_done_so_far(server: Scripted, tmp_path: Path) -> None:
    server.answers = [receipt(500), BUSY]
    waits: list[float] = []
    with pytest.raises(Interrupted, match=r"before line 501, with 500 accepted.*too much at once"):
        send(server, lines(tmp_path, 501), waits)
    assert 100 <= sum(waits) <= 130


def test_rejected_records_are_told_by_their_lines(server: Scripted, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"id": "a"}\n\nnonsense\n[]\n{"id": "b"}\n')
    server.answers = [receipt(1, 1)]
    summary = send(server, path)
    assert (summary.accepted, summary.rejected) == (1, 3)
    assert [str(each).split(" ", 2)[:2] for each in summary.rejections] == [
        ["line", "3:"],
        ["line", "4:"],
        ["line", "5:"],
    ]
    assert summary.as_json()["records"][-1] == {"line": 5, "errors": ["type: is required"]}


def test_a_portion_in_which_all_is_bad_is_counted_and_the_rest_sent(server: Scripted, tmp_path: Path) -> None:
    errors = [{"pointer": f"#/{n}/data/amount", "detail": "should be a number"} for n in range(100)]
    server.answers = [Answer(422, {"detail": "none of the records is valid", "errors": errors}), receipt(1)]
    summary = send(server, lines(tmp_path, 501))
    assert (summary.accepted, summary.rejected) == (1, 500)
    assert str(summary.rejections[7]) == "line 8: data.amount: should be a number"
    assert summary.rejections[400].line == 401


@pytest.mark.parametrize("status", [401, 403, 413, 500])
def test_a_refusal_of_the_request_as_such_ends_it(server: Scripted, tmp_path: Path, status: int) -> None:
    server.answers = [Answer(status, {"detail": "no"})]
    with pytest.raises(Refused):
        send(server, lines(tmp_path, 1))
    assert len(server.asked) == 1


def test_a_request_refused_as_a_whole_is_no_list_of_bad_records(server: Scripted, tmp_path: Path) -> None:
    server.answers = [Answer(422, {"errors": [{"pointer": "#", "detail": "holds 9000 records"}]})]
    with pytest.raises(Refused, match="holds 9000"):
        send(server, lines(tmp_path, 1))


def test_nobody_there_is_told_at_once(tmp_path: Path) -> None:
    waits: list[float] = []
    with pytest.raises(Unreachable, match="headrace up"):
        upload(Installation("http://127.0.0.1:9", None), lines(tmp_path, 1), EVENTS, wait=waits.append)
    assert waits == []


def test_contacts_of_a_csv_are_put(server: Scripted, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("id,email,selections\n1,contact-1@example.org,staff\n")
    server.answers = [receipt(1)]
    upload(Installation(server.url, None), path, CONTACTS)
    assert (server.asked[0].method, server.asked[0].path) == ("PUT", "/v1/contacts")
    assert server.asked[0].body == [{"id": "1", "email": "contact-1@example.org", "selections": ["staff"]}]


def test_an_empty_file_is_nothing_to_do(server: Scripted, tmp_path: Path) -> None:
    path = tmp_path / "nothing.jsonl"
    path.write_text("")
    assert send(server, path) == Summary()
