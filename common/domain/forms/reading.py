"""From what was posted to the answers of a form, with everything that can't be taken told by its element."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from common.domain.forms.answers import NOTHING, Answer, BadAnswer, Fault, Posted, PostedFile, Wrong
from common.domain.forms.element import Element

MOST_ANSWERS = 48_000
"""Bytes of all answers as JSON: they travel in the event's data."""

WHOLE = ""
"""Names what is wrong with all answers together."""


@dataclass(frozen=True, slots=True)
class Read:
    """The answers by element, files apart; `wrong`: by element, what to do."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    files: Mapping[str, PostedFile] = field(default_factory=dict)
    wrong: Mapping[str, Fault] = field(default_factory=dict)


def read(elements: Iterable[Element], posted: Mapping[str, Posted]) -> Read:
    """Each element reads what was posted under its id; what no element asks for is left aside."""
    answers: dict[str, Answer] = {}
    files: dict[str, PostedFile] = {}
    wrong: dict[str, Fault] = {}
    for element in elements:
        if not element.asks:
            continue
        given = posted.get(element.id, NOTHING)
        try:
            answer = element.read(given)
        except BadAnswer as error:
            wrong[element.id] = error.fault
            continue
        if answer is not None:
            answers[element.id] = answer
        if answer is not None and given.file is not None and element.uploads:
            files[element.id] = given.file
    if len(json.dumps(answers).encode()) > MOST_ANSWERS:
        wrong[WHOLE] = Fault(Wrong.TOO_MUCH)
    return Read(answers, files, wrong)


def posted_again(answers: Mapping[str, Answer]) -> dict[str, Posted]:
    """Kept answers as if they were posted, to be read once more after a change by hand."""
    return {name: Posted(values=tuple(texts_of(answer))) for name, answer in answers.items()}


def texts_of(answer: Answer) -> Sequence[str]:
    if isinstance(answer, bool):
        return ("on",) if answer else ()
    return tuple(answer) if isinstance(answer, list) else (str(answer),)
