import json
from pathlib import Path
from textwrap import dedent

import pytest

from common.adapters.flow_files import BadFile, load

GOOD = """\
    # What it takes to win people back.
    kind: selection
    id: staff
    name: Staff
    ---
    kind: content
    id: thanks
    name: Thanks
    subject: Thank you
    html: <p>Hello</p>
    ---
    id: winback
    name: Win back
    triggers:
      - kind: order_placed
        conditions: [{field: event.amount, type: number, op: ge, value: 20}]
    filter:
      - {field: contact.country, type: list, op: one_of, value: [DE, NO]}
      - {field: contact.custom.since, type: date, op: on, value: 1997-01-01}
    exclusion_lists: [staff]
    steps:
      - {kind: wait_time, id: month, days: 30}
    """


def written(folder: Path, text: str, name: str = "flows.yaml") -> Path:
    file = folder / name
    file.write_text(dedent(text))
    return file


def mistakes(file: Path) -> list[str]:
    with pytest.raises(BadFile) as refused:
        load(file)
    return str(refused.value).splitlines()


def test_a_file_sets_up_all_that_a_flow_needs(tmp_path: Path) -> None:
    bundle = load(written(tmp_path, GOOD))
    assert bundle.selections["staff"].name == "Staff"
    assert bundle.contents["thanks"].subject == "Thank you"
    assert bundle.flows["winback"].steps[0].id == "month"


def test_words_stay_words(tmp_path: Path) -> None:
    """`NO`, `on` and a date are a yes/no value and a timestamp in older YAML."""
    ((country, since),) = load(written(tmp_path, GOOD)).flows["winback"].filter
    assert country.model_dump()["value"] == ["DE", "NO"]
    assert since.model_dump()["op"] == "on"


def test_each_mistake_is_told_by_file_line_and_field(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """\
        kind: selection
        id: Staff
        name: Staff
        ---
        id: winback
        name: Win back
        filter:
          - {field: contact.country, type: list, op: one_of,
             value: DE}
        steps:
          - kind: wait_time
            id: month
            dayz: 30
          - kind: split
            id: where
            branches:
              - name: here
                when: []
                steps:
                  - kind: send_mail
                    id: thanks
        """,
    )
    told = mistakes(file)
    assert [line.split(" ")[:2] for line in told] == [
        ["flows.yaml:2:", "id"],
        ["flows.yaml:9:", "filter[0].value"],
        ["flows.yaml:13:", "steps[0].dayz"],
        ["flows.yaml:20:", "steps[1].branches[0].steps[0]"],
    ]
    assert "did you mean send_email?" in told[3]


def test_a_missing_field_is_told_at_what_lacks_it(tmp_path: Path) -> None:
    file = written(tmp_path, "---\nkind: content\nid: thanks\nsubject: Hi\nhtml: x\n")
    assert mistakes(file) == ["flows.yaml:2: name is required"]


def test_a_key_given_twice_is_a_mistake(tmp_path: Path) -> None:
    file = written(tmp_path, "kind: selection\nid: staff\nname: A\nname: B\n")
    assert mistakes(file) == ["flows.yaml:4: name is given twice"]


def test_an_id_given_twice_is_a_mistake(tmp_path: Path) -> None:
    one = "kind: selection\nid: staff\nname: A\n"
    assert mistakes(written(tmp_path, f"{one}---\n{one}")) == [
        "flows.yaml:6: id there is a selection 'staff' in this file already"
    ]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.yaml", "name: [", "a.yaml:1: is not YAML: "),
        ("a.yaml", "a: b\nname: 'x\n", "a.yaml:3: is not YAML: "),
        ("a.yaml", "- 1\n", "a.yaml:1: a document is a mapping"),
        ("a.yaml", "kind: cat\nid: x\n", "a.yaml:1: kind 'cat' is none of flow, content, form, selection"),
        ("a.json", '{\n"id": }', "a.json:2: is not JSON: "),
        ("a.yaml", "a: !!python/object:os.system x", "a.yaml:1: is not YAML: "),
    ],
)
def test_what_cannot_be_read_is_told_in_a_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    (line,) = mistakes(written(tmp_path, text, name))
    assert line.startswith(told)


def test_json_is_read_by_its_own_rules(tmp_path: Path) -> None:
    documents = [{"kind": "selection", "id": "staff", "name": "Löwen \U0001f981"}]
    bundle = load(written(tmp_path, json.dumps(documents, indent="\t"), "flows.json"))
    assert bundle.selections["staff"].name == "Löwen \U0001f981"


def test_json_knows_its_lines(tmp_path: Path) -> None:
    text = json.dumps([{"kind": "selection", "id": "staff", "nome": "x"}], indent="\t")
    assert mistakes(written(tmp_path, text, "flows.json")) == [
        "flows.json:2: name is required",
        "flows.json:5: nome is not a field here",
    ]
