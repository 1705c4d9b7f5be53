"""Whatever a file holds, it is read or refused with its line."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.adapters.flow_files import BadFile, load

LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(12)
)
HOSTILE = {
    "a billion laughs": LAUGHS,
    "an alias of itself": "id: x\nsteps: &a [*a]\n",
    "a mapping in itself": "&a\nid: x\nemail: *a\n",
    "a number without end": f"id: {'9' * 5000}\n",
    "a deep list": "[" * 5000,
    "a deep mapping": "".join(" " * n + "a:\n" for n in range(2000)),
    "python": "id: !!python/object/apply:os.system ['true']\n",
    "an unknown tag": "id: !thing x\n",
    "a merge": "a: &a {id: x}\n<<: *a\n",
    "keys that are lists": "? [a]\n: b\n",
    "a date": "id: 2024-01-01\nname: !!timestamp 2024-99-99\n",
    "binary": "id: !!binary '%%%'\n",
    "two documents": "id: x\n---\n- 3\n- id: y\n",
}


def read(folder: Path, content: bytes, name: str) -> None:
    file = folder / name
    file.write_bytes(content)
    try:
        load(file)
    except BadFile as bad:
        assert bad.mistakes
        assert all(each.line >= 1 and each.detail for each in bad.mistakes)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", ["x.yaml", "x.json"])
def test_a_hostile_file_is_refused_by_line(tmp_path: Path, text: str, name: str) -> None:
    with pytest.raises(BadFile):
        (tmp_path / name).write_text(text)
        load(tmp_path / name)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just("9" * 4400)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "id", "steps", "triggers", "filter", "name", "x"]), inner)
    ),
    max_leaves=12,
)
lines = st.sampled_from(
    [
        "kind: flow",
        "id: x",
        "name: N",
        "steps:",
        "- kind: exit",
        "  id: a",
        "triggers: [",
        "&a",
        "*a",
        "- |",
        "\t",
        "---",
        "? [x]",
        "!!set {a}",
        "<<: {}",
        '"\\ud800"',
        "%YAML 1.1",
    ]
)


@given(
    st.one_of(st.binary(max_size=60), st.lists(lines, max_size=8).map("\n".join).map(str.encode)),
    st.sampled_from(["x.yaml", "x.json"]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes, name: str) -> None:
    read(tmp_path, content, name)


@given(trees)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_read_or_refused(tmp_path: Path, tree: object) -> None:
    read(tmp_path, json.dumps(tree).encode(), "x.json")
    read(tmp_path, json.dumps(tree).encode(), "x.yaml")
