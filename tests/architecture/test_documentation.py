"""The documentation says what is there: words, settings, types, links and examples are held to the code."""

import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from common.domain import event
from common.domain.claim import Withdrawal
from common.domain.decision import Verdict
from common.domain.effect import EffectState
from common.domain.life_cycle import Act
from common.domain.progress import Did
from common.domain.reasons import DropOut, FlowState, Refusal, Status
from common.messages.happened import Happened
from common.runtime.metrics import Metrics
from common.runtime.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
HEADINGS = ["Context", "Decision", "Consequences", "Rejected", "When to look again"]


def page(name: str) -> str:
    return (ROOT / name).read_text()


def unnamed(words: Iterable[str], name: str) -> list[str]:
    text = page(name)
    return [word for word in words if f"`{word}`" not in text and f"*{word}*" not in text]


def variables(model: type[BaseModel], prefix: str = PREFIX) -> Iterable[str]:
    for name, field in model.model_fields.items():
        part = field.annotation
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield from variables(part, f"{prefix}{name.upper()}_")
        else:
            yield f"{prefix}{name.upper()}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path):
    targets = LINK.findall(path.read_text())

    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize(
    "vocabulary", [Act, Did, DropOut, EffectState, FlowState, Refusal, Status, Verdict, Withdrawal]
)
def test_the_glossary_has_each_word_of_the_closed_vocabularies(vocabulary: type[StrEnum]):
    assert unnamed(vocabulary, "docs/glossary.md") == []


def test_messages_lists_each_type_of_event_and_operation():
    types = [value for name, value in vars(event).items() if name.isupper() and isinstance(value, str)]

    assert unnamed(set(types) - {event.RESERVED_PREFIX}, "docs/messages.md") == []


def test_messages_lists_each_fact():
    facts = get_args(get_args(Happened)[0])

    assert unnamed([fact.model_fields["type"].default for fact in facts], "docs/messages.md") == []


def test_operations_lists_each_setting():
    assert unnamed(variables(Settings), "docs/operations.md") == []


def test_operations_lists_each_metric():
    shown = re.findall(r"^# HELP (\w+)", Metrics().text().decode(), re.MULTILINE)
    names = {name.removesuffix("_total") for name in shown if not name.endswith("_created")}

    assert unnamed(names, "docs/operations.md") == []


def test_what_the_runbook_finds_in_the_log_is_logged():
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", page("docs/operations.md")))
    code = "\n".join(
        path.read_text() for folder in ("common", "services") for path in (ROOT / folder).rglob("*.py")
    )

    assert len(named) > 15
    assert [name for name in sorted(named) if f'"{name}"' not in code] == []


def test_the_step_in_the_readme_is_the_real_one():
    shown = re.search(r"```python\n(.*?)```", page("README.md"), re.DOTALL)

    assert shown is not None
    assert shown[1] == page("common/domain/steps/exit.py")


@pytest.mark.parametrize("path", sorted((ROOT / "docs/decisions").glob("0*.md")), ids=lambda path: path.stem)
def test_a_decision_has_its_parts_on_one_page(path: Path):
    text = path.read_text()

    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert text.startswith(f"# {path.stem[:4]} ")
    assert len(text.splitlines()) <= 60
    assert path.name in page("docs/decisions/README.md")
