"""The commands against a running installation, as they are typed."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from common.domain.flow_schema import SCHEMA_ID
from tests.integration.cli.conftest import Up, headrace
from tests.support.ports import free_port

pytestmark = pytest.mark.mongo

EXAMPLES = Path(__file__).parents[3] / "examples"
WIN_BACK = str(EXAMPLES / "winback.yaml")


def eventually(claim: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < until, "not within the time"
        time.sleep(0.2)


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


CONTACTS = """\
id,email,country,company.name,consents.e_marketing.basis,selections
1,contact-1@example.org,DE,Company 1,consent,
2,contact-2@example.org,US,Company 2,consent,
3,contact-3@example.org,SE,Company 3,consent,staff
4,no address,SE,Company 4,consent,
"""

ORDERS = """\
{"id": "o1", "type": "order.placed", "contact": "1", "data": {"amount": 25}}
{"id": "o2", "type": "order.placed", "contact": "2", "data": {"amount": 25}}

{"id": "o3", "type": "order.placed", "contact": "3", "data": {"amount": 25}}
{"id": "o4", "type": "order.placed", "contact": "1", "data": {"amount": "plenty"}}
"""


def test_flows_of_one_file_may_name_one_another_in_any_order(up: Up) -> None:
    done = up.headrace("apply", str(EXAMPLES / "cross-sell.yaml"), "--run")
    assert done.code == 0, done.err
    assert "before it can run" not in done.err
    assert done.out.index("flow opinion: created") < done.out.index("flow cross-sell: runs")


@pytest.fixture(scope="module")
def win_back(up: Up) -> Up:
    """The example flow, running, with three orders placed."""
    assert "flow win-back: created" in up.good("apply", WIN_BACK)
    assert "win-back: runs" in up.good("run", "win-back")
    imported = up.headrace("import", written(up.folder, "contacts.csv", CONTACTS))
    assert "3 accepted, 0 duplicates, 1 rejected" in imported.out
    assert "contacts.csv: line 5: email" in imported.err
    posted = up.headrace("post", written(up.folder, "orders.jsonl", ORDERS))
    assert (posted.code, posted.out) == (1, "3 accepted, 0 duplicates, 1 rejected\n")
    assert "orders.jsonl: line 5: data.amount" in posted.err
    eventually(lambda: flow_of(up)["report"]["suggested"] == 3)
    return up


def flow_of(up: Up) -> dict[str, dict[str, int]]:
    found = json.loads(up.good("flows", "--json"))
    return next(flow for flow in found if flow["id"] == "win-back")


def test_flows_are_listed_with_their_figures(win_back: Up) -> None:
    report = flow_of(win_back)["report"]
    assert (report["enrolled"], report["in_progress"], report["completed"]) == (1, 1, 0)
    (row,) = [line for line in win_back.good("flows").splitlines() if line.startswith("win-back")]
    assert row.split()[-6:] == ["running", "1", "1", "1", "0", "0.0%"]


def test_a_flow_s_report_is_shown_and_written_as_a_page(win_back: Up, tmp_path: Path) -> None:
    shown = win_back.headrace(
        "report", "win-back", "--by", "month", "--from", "1997-01-01", "--to", "1999-01-01"
    )
    assert (shown.code, shown.err) == (0, "")
    for words in (
        "Flow win-back: 1 enrolled",
        "Over time (1997-01-01 to 1999-01-01",
        "Step",
        "Wait 30 days",
        "exclusion list",
    ):
        assert words in shown.out, shown.out
    file = tmp_path / "report.html"
    assert win_back.headrace("report", "win-back", "--html", str(file)).out == f"written to {file}\n"
    assert "<svg" in file.read_text() or "Nothing happened then" in file.read_text()
    assert json.loads(win_back.headrace("report", "win-back", "--json").out)["report"]["enrolled"] == 1


def test_figures_are_verified_and_rebuilt(win_back: Up) -> None:
    verified = win_back.headrace("reports", "verify")
    assert (verified.code, verified.err) == (0, "")
    assert verified.out.startswith("Figures equal the truth: ")
    assert win_back.headrace("reports", "rebuild").out == verified.out


def test_participants_are_listed_with_what_is_known_of_them(win_back: Up) -> None:
    (row,) = json.loads(win_back.good("participants", "win-back", "--json"))
    assert (row["contact"], row["status"], row["step"]) == ("1", "active", "wait-a-month")
    table = win_back.good("participants", "win-back")
    assert "contact-1@example.org" in table
    assert "1997-01-31" in table, "the wait of thirty days"
    assert win_back.good("participants", "win-back", "--status", "finished") == "Nobody.\n"


@pytest.mark.parametrize(("contact", "reason"), [("1", "enrolled"), ("2", "'US'"), ("3", "exclusion")])
def test_why_tells_what_was_decided_and_on_what(win_back: Up, contact: str, reason: str) -> None:
    assert reason in win_back.good("why", "win-back", contact)
    assert json.loads(win_back.good("why", "win-back", contact, "--json"))["decisions"]


def test_why_of_somebody_unheard_of_says_so(win_back: Up) -> None:
    assert "has decided nothing about the contact 99" in win_back.good("why", "win-back", "99")


def test_the_same_events_again_are_duplicates(win_back: Up) -> None:
    good = "".join(ORDERS.splitlines(keepends=True)[:2])
    out = win_back.good("post", written(win_back.folder, "again.jsonl", good), "--json")
    assert json.loads(out) == {"accepted": 0, "duplicates": 2, "rejected": 0, "records": []}


def test_events_without_ids_are_taken_once_however_often_the_file_is_sent(win_back: Up) -> None:
    file = written(
        win_back.folder, "events.csv", "type,contact,plan\ntrial.started,1,big\ntrial.started,1,big\n"
    )
    assert win_back.good("post", file) == "2 accepted, 0 duplicates, 0 rejected\n"
    assert win_back.good("post", file) == "0 accepted, 2 duplicates, 0 rejected\n"


def test_a_flow_is_paused_resumed_and_not_edited_while_it_runs(win_back: Up) -> None:
    changed = Path(WIN_BACK).read_text().replace("name: Win back", "name: Win them back")
    file = written(win_back.folder, "changed.yaml", changed)
    assert "running" in win_back.bad("apply", file)
    assert "paused" in win_back.good("pause", "win-back")
    assert "can't pause" in win_back.bad("pause", "win-back")
    assert "flow win-back: changed" in win_back.good("apply", file)
    assert "runs on" in win_back.good("resume", "win-back")
    assert "content thanks: unchanged" in win_back.good("apply", file, "--run")


def test_mistakes_are_told_by_line_and_field_before_anything_is_saved(up: Up) -> None:
    text = "id: broken\nname: Broken\nsteps:\n  - id: first\n    kind: wait_time\n    dayz: 3\n"
    error = up.bad("apply", written(up.folder, "broken.yaml", text))
    assert "broken.yaml:6: steps[0].dayz is not a field here" in error
    assert "there is no flow 'broken'" in up.bad("run", "broken")


def test_a_bad_merge_tag_is_told_with_its_line_in_the_file(up: Up) -> None:
    text = "kind: content\nid: tag\nname: Tag\nsubject: Hi\nhtml: |\n  <p>Hello</p>\n  <p>{{ contact.nme }}</p>\n"
    error = up.bad("apply", written(up.folder, "tag.yaml", text))
    assert "tag.yaml:7: html" in error
    assert "contact.nme" in error


def test_what_keeps_a_flow_from_running_is_told_with_the_line_of_its_step(up: Up) -> None:
    text = (
        "id: draft\nname: Draft\ntriggers:\n  - kind: contact_created\nsteps:\n"
        "  - id: split\n    kind: split\n    branches:\n      - name: Some\n        when:\n"
        "          - {field: contact.country, type: list, op: one_of, value: [DE]}\n"
        "        steps:\n          - id: inner\n            kind: add_to_selection\n            selection: nowhere\n"
    )
    done = up.headrace("apply", written(up.folder, "draft.yaml", text))
    assert (done.code, done.out) == (0, "flow draft: created\n")
    assert "draft.yaml:13: step inner selection: there is no selection 'nowhere'" in done.err
    assert "there is no selection 'nowhere'" in up.bad("run", "draft")


def test_without_the_right_key_one_is_told_where_to_put_it(up: Up) -> None:
    assert "--key" in up.bad("flows", "--key", "hr_wrong")


def test_where_nobody_answers_one_is_told_what_to_start(tmp_path: Path) -> None:
    done = headrace(tmp_path, "flows", "--url", f"http://127.0.0.1:{free_port()}")
    assert done.code == 1
    assert "headrace up" in done.err
    assert "Traceback" not in done.err


def test_the_schema_needs_no_installation(tmp_path: Path) -> None:
    assert json.loads(headrace(tmp_path, "schema").out)["$id"] == SCHEMA_ID


def test_doctor_knows_a_running_headrace_and_its_clock(up: Up) -> None:
    done = headrace(up.folder, "doctor", HEADRACE_PORT=str(up.port))
    assert done.code == 0, done.out
    assert "a Headrace is running there" in done.out
    assert "business time is 1997-01-01" in done.out


def test_a_second_one_on_the_same_port_says_so_in_one_sentence(up: Up) -> None:
    done = headrace(up.folder, "up", "--port", str(up.port))
    assert done.code == 1
    assert "a Headrace is running at" in done.err
    assert "Traceback" not in done.err


def test_a_second_one_on_the_same_data_says_whose_it_is(up: Up) -> None:
    done = headrace(up.folder, "up", "--port", "0")
    assert done.code == 1
    assert "is in use" in done.err
    assert "Traceback" not in done.err


def by_hand(up: Up, name: str) -> None:
    """A flow that takes people by hand and keeps them."""
    up.good("apply", written(up.folder, f"{name}.yaml", BY_HAND.replace("NAME", name)), "--run")


BY_HAND = """\
kind: selection
id: NAME
name: NAME
---
kind: flow
id: NAME
name: NAME
triggers: [{kind: manual}]
steps: [{id: rest, kind: wait_time, days: 7}]
"""


def test_people_are_enrolled_by_hand_once_for_each_name(up: Up) -> None:
    by_hand(up, "named")
    assert up.good("enrol", "named", "--contact", "n1", "--contact", "n2") == "2 suggested, 0 duplicates\n"
    assert "suggested" in up.good("enrol", "named", "--contact", "n3", "--id", "third")
    assert up.good("enrol", "named", "--contact", "n3", "--id", "third") == "0 suggested, 1 duplicates\n"
    eventually(lambda: len(json.loads(up.good("participants", "named", "--json"))) == 3)
    assert "--selection NAME" in up.bad("enrol", "named")
    assert "--selection NAME" in up.bad("enrol", "named", "--selection", "named", "--contact", "n1")


def test_a_selection_is_enrolled_listed_and_not_stopped_once_it_is_done(up: Up) -> None:
    by_hand(up, "listed")
    people = "id,selections\n" + "".join(f"l{number},listed\n" for number in range(30))
    up.good("import", written(up.folder, "people.csv", people))
    eventually(lambda: up.good("bulk", "list", "--flow", "listed").startswith("There are none"))
    eventually(lambda: selected(up) == 30)

    told = json.loads(up.good("enrol", "listed", "--selection", "listed", "--id", "l", "--follow", "--json"))

    assert (told["state"], told["total"], told["suggested"], told["enrolled"]) == ("done", 30, 30, 30)
    again = up.good("enrol", "listed", "--selection", "listed", "--id", "l")
    assert again == up.good("bulk", "show", told["id"])
    assert "is done: 30 of 30 suggested, 30 enrolled" in again
    (row,) = [r for r in up.good("bulk", "list").splitlines() if told["id"] in r]
    assert row.split()[-5:] == ["done", "30", "30", "30", "0"]
    for act in ("pause", "resume", "cancel"):
        assert "is done" in up.bad("bulk", act, told["id"])
    assert "no selection" in up.bad("enrol", "listed", "--selection", "nowhere")


def selected(up: Up) -> int:
    """How many are on the selection `listed`."""
    key = (up.folder / "key").read_text().strip()
    answer = httpx.get(f"{up.url}/v1/selections/listed/count", headers={"Authorization": f"Bearer {key}"})
    return int(answer.json()["count"])


PRICED = """\
kind: content
id: priced
name: Priced
subject: Prices
html: <p>Prices</p>
attachments:
  - {path: prices.txt, name: Our prices.txt}
  - {path: terms.txt}
"""


def test_attachments_beside_a_content_are_uploaded_where_they_have_changed(up: Up) -> None:
    file = written(up.folder, "priced.yaml", PRICED)
    assert "priced.yaml:7: attachments[0].path there is no file 'prices.txt'" in up.bad("apply", file)
    written(up.folder, "prices.txt", "12")
    written(up.folder, "terms.txt", "30 days")
    assert up.good("apply", file) == (
        "attachment prices.txt: uploaded\nattachment terms.txt: uploaded\ncontent priced: created\n"
    )
    assert up.good("apply", file) == "content priced: unchanged\n"

    written(up.folder, "prices.txt", "13")
    assert up.good("apply", file) == "attachment prices.txt: uploaded\ncontent priced: changed\n"
    assert up.good("apply", file) == "content priced: unchanged\n"
    key = {"Authorization": f"Bearer {(up.folder / 'key').read_text().strip()}"}
    body = httpx.get(f"{up.url}/v1/contents/priced", headers=key).json()["body"]
    assert [each["name"] for each in body["attachments"]] == ["Our prices.txt", "terms.txt"]
    files = [each["file"] for each in body["attachments"]]
    texts = [httpx.get(f"{up.url}/v1/attachments/{each}/content", headers=key).text for each in files]
    assert texts == ["13", "30 days"]


def test_one_file_of_several_contents_is_uploaded_once(up: Up) -> None:
    written(up.folder, "shared.txt", "for all")
    text = "".join(
        f"kind: content\nid: {name}\nname: N\nsubject: S\nhtml: <p>H</p>\nattachments: [{{path: shared.txt}}]\n---\n"
        for name in ("shares-1", "shares-2")
    )
    told = up.good("apply", written(up.folder, "shares.yaml", text))
    assert told == "attachment shared.txt: uploaded\ncontent shares-1: created\ncontent shares-2: created\n"


def test_a_mail_is_previewed_for_a_contact_and_with_test_data(win_back: Up) -> None:
    stored = win_back.headrace("preview", "thanks", "--contact", "1", "--flow", "win-back")
    assert (stored.code, stored.err) == (0, "")
    assert (
        "To:        contact-1@example.org\nSubject:   Thank you for your order, dear customer\n" in stored.out
    )

    own = win_back.good("preview", "thanks", WIN_BACK, "--contact", "1", "--json")
    assert json.loads(own)["sender"]["address"] == "shop@example.org"
    data = written(
        win_back.folder, "ada.json", '{"contact": {"first_name": "Ada", "email": "a@example.org"}}'
    )
    assert "Subject:   Thank you for your order, Ada\n" in win_back.good("preview", "thanks", "--with", data)
    assert "contact '99'" in win_back.bad("preview", "thanks", "--contact", "99")
    assert "content" in win_back.bad("preview", "none", "--with", data)
