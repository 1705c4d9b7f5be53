"""Records in files, each with its line."""

from pathlib import Path

import pytest

from services.command_line.failures import CommandFailed
from services.command_line.rows import BadRow, Row, rows


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def placed(path: Path) -> list[tuple[int, object]]:
    return [(row.line, row.value if isinstance(row, Row) else "bad") for row in rows(path)]


def test_json_lines_are_numbered_as_an_editor_does_and_blank_ones_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, "events.jsonl", '{"n": 1}\n\n{"n": \n{"n": 4}')
    assert placed(path) == [(1, {"n": 1}), (3, "bad"), (4, {"n": 4})]


@pytest.mark.parametrize("name", ["events.json", "events.txt"])
def test_an_array_is_known_by_how_it_begins_and_its_members_by_their_lines(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, '\n[\n  {"n": 1},\n  {\n    "n": 2\n  }, {"n": 3}\n]\n')
    assert placed(path) == [(3, {"n": 1}), (4, {"n": 2}), (6, {"n": 3})]


def test_a_broken_member_of_an_array_is_told_with_its_line(tmp_path: Path) -> None:
    found = list(rows(written(tmp_path, "events.json", '[{"n": 1},\n{"n": oops}]')))
    assert isinstance(found[-1], BadRow)
    assert (len(found), found[-1].line) == (2, 2)


def test_an_empty_array_holds_nothing(tmp_path: Path) -> None:
    assert placed(written(tmp_path, "events.json", "[ ]")) == []


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_takes_the_separator_that_its_heading_uses(tmp_path: Path, mark: str) -> None:
    text = f"id{mark}name\n1{mark}Ann, with a comma\n" if mark != "," else 'id,name\n1,"Ann, with a comma"\n'
    assert placed(written(tmp_path, "contacts.csv", text)) == [(2, {"id": "1", "name": "Ann, with a comma"})]


def test_csv_rows_keep_their_lines_across_cells_of_several_lines(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", '\ufeffid,note\n1,"two\nlines"\n2,\n\n3,x,y\n4,z\n')
    assert placed(path) == [
        (2, {"id": "1", "note": "two\nlines"}),
        (4, {"id": "2"}),
        (6, "bad"),
        (7, {"id": "4", "note": "z"}),
    ]


def test_how_far_a_file_has_been_read_grows_to_its_size(tmp_path: Path) -> None:
    path = written(tmp_path, "events.jsonl", '{"n": 1}\n{"n": 2}\n')
    ends = [row.end for row in rows(path)]
    assert ends == sorted(ends)
    assert ends[-1] == path.stat().st_size


@pytest.mark.parametrize(
    ("name", "content"),
    [("missing.json", None), ("prose.txt", b"Dear all"), ("latin.jsonl", b'{"name": "\xe5"}')],
)
def test_what_is_no_such_file_fails_with_its_name(tmp_path: Path, name: str, content: bytes | None) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandFailed, match=name):
        list(rows(path))
