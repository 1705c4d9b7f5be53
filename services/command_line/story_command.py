"""`headrace test`: tell the stories of files, each on the flows of its file, and say what did not come true."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.adapters.flow_files import BadFile, Bundle, Document, Kind, Mistake, documents, load
from common.domain.complaints import Complaint
from common.domain.complaints import Path as FieldPath
from common.domain.flow_problems import Known, problems
from common.domain.selection import SelectionKind
from services.command_line.failures import CommandFailed
from services.command_line.stories.telling import Failure, Told, tell
from services.command_line.terminal import errors, say


@dataclass(frozen=True, slots=True)
class Tested:
    """A story that was told; `mistakes`: what did not come true, by line of the file, each with its reasons."""

    file: str
    told: Told
    mistakes: tuple[tuple[Mistake, Failure], ...]

    @property
    def passed(self) -> bool:
        return not self.mistakes


def test(files: Sequence[Path], *, verbose: bool) -> bool:
    """Tell all stories of all files; whether everything came true. Raises `CommandFailed` like `stories_of`."""
    told = [show(tested, verbose=verbose) for file in files for tested in stories_of(file)]
    failed = told.count(False)
    number = f"{len(told)} stories" if len(told) != 1 else "1 story"
    say(f"{number}, {failed} failed" if failed else f"{number}, all true")
    return not failed


def show(tested: Tested, *, verbose: bool) -> bool:
    """One line for a story that came true; else what did not, and the decisions behind it."""
    say(f"{'✓' if tested.passed else '✗'} {tested.told.story}")
    for mistake, failure in tested.mistakes:
        errors.print(f"  {mistake}", style="red", highlight=False, markup=False, soft_wrap=True)
        for line in failure.why if not verbose else ():
            say(f"      {line}")
    for line in tested.told.journal if verbose else ():
        say(f"    {line}")
    return tested.passed


def stories_of(path: Path) -> Iterator[Tested]:
    """Tell each story of a file. Raises `CommandFailed` for a file without any, or with flows that can't be run."""
    try:
        bundle, found = load(path), documents(path)
    except BadFile as error:
        raise CommandFailed("\n".join(map(str, error.mistakes))) from None
    except OSError as error:
        raise CommandFailed(f"can't read {path}: {error.strerror}") from None
    if faults := list(faults_of(bundle)):
        raise CommandFailed("\n".join(f"{path.name}: {fault}" for fault in faults))
    if not bundle.stories:
        raise CommandFailed(f"{path.name} tells no story: add a document with `kind: story`")
    stories = {each.value["id"]: each for each in found if each.value.get("kind") == Kind.STORY}
    for name, story in bundle.stories.items():
        told = asyncio.run(tell(story, bundle.flows, bundle.selections))
        mistakes = [(mistake(stories[name], failure), failure) for failure in told.failures]
        yield Tested(path.name, told, tuple(mistakes))


def faults_of(bundle: Bundle) -> Iterator[str]:
    """What would keep the flows of a file from running, if there were nothing but the file."""
    kinds = {name: each.kind for name, each in bundle.selections.items()}
    for name, flow in bundle.flows.items():
        known = Known(
            own=name,
            contents=frozenset(bundle.contents),
            flows=frozenset(bundle.flows),
            selections=frozenset(each for each, kind in kinds.items() if kind is SelectionKind.STATIC),
            searches=frozenset(each for each, kind in kinds.items() if kind is SelectionKind.DYNAMIC),
            projects=frozenset(bundle.projects),
        )
        for found in problems(flow, known):
            step = f", step {found.step}" if found.step else ""
            yield f"flow {name}{step}: {found.field} {found.message}"


def mistake(document: Document, failure: Failure) -> Mistake:
    return document.mistake(Complaint(path_of(failure.place), failure.text))


def path_of(place: str) -> FieldPath:
    """`expect[2]` as a path."""
    name, _, number = place.rstrip("]").partition("[")
    return name, int(number)
