from pathlib import Path

import pytest

from services.command_line.apply_command import NotApplied, apply_file
from services.command_line.installation import Installation
from tests.unit.cli.conftest import Answer, Scripted

CONTENT = "kind: content\nid: offer\nname: O\nsubject: O\nhtml: <p>O</p>\nattachments:\n  - {path: a.txt}\n"


def test_a_file_that_is_not_taken_is_told_with_its_line_and_the_content_is_not_saved(
    tmp_path: Path, server: Scripted
) -> None:
    (tmp_path / "a.txt").write_text("12")
    file = tmp_path / "offer.yaml"
    file.write_text(CONTENT)
    server.answers = [Answer(404), Answer(413, {"detail": "a request may have 9 bytes"})]

    with pytest.raises(NotApplied) as caught:
        list(apply_file(Installation(server.url, "key"), file))

    assert str(caught.value) == "offer.yaml:7: attachments[0].path a request may have 9 bytes"
    assert [(each.method, each.path) for each in server.asked] == [
        ("GET", "/v1/contents/offer"),
        ("POST", "/v1/attachments?name=a.txt"),
    ]
    assert server.asked[-1].headers["Content-Type"] == "text/plain"
