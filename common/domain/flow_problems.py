"""What keeps a flow from being run: everything that is wrong with it, each with its step (domain.md §2)."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from common.domain.chart import MAX_DEPTH, Place, layout
from common.domain.conditions import lacking
from common.domain.flow import MAX_STEPS, Flow
from common.domain.participant import FINISH, QUEUE
from common.domain.patterns.pattern import Pattern
from common.domain.permission import Permission
from common.domain.sender_domains import ANY_DOMAIN, Approved
from common.domain.steps import Step
from common.domain.steps.exit_settings import ExitSettings

RESERVED = frozenset({QUEUE, FINISH})
"""Step ids that mean places of their own."""


def _no_complaint(text: str) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Known:
    """What there is for a flow to name. `own` is the flow's own id; `selections` are static, `searches` dynamic.

    Mail may come from `approved` domains; `lint` tells what is wrong with the merge tags of a text.
    """

    own: str = ""
    contents: frozenset[str] = frozenset()
    flows: frozenset[str] = frozenset()
    selections: frozenset[str] = frozenset()
    searches: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    approved: Approved = ANY_DOMAIN
    lint: Callable[[str], Iterable[str]] = _no_complaint


@dataclass(frozen=True, slots=True)
class Problem:
    """`step` is the step's id, `None` for the flow itself; `field` the place in it; `message` what to do.

    `place` says in words where the step stands.
    """

    step: str | None
    field: str
    message: str
    place: str = ""


def problems(flow: Flow, known: Known) -> list[Problem]:
    """Every problem, the flow's own first, then from the first step to the last. Empty: it may run."""
    places = list(layout(flow.steps))
    return [
        *(Problem(None, field, message) for field, message in _of_flow(flow, known, places)),
        *(
            Problem(place.step.id, field, message, place.path)
            for place in places
            for field, message in _of_step(place, flow, known)
        ),
        *_of_ids(places),
    ]


def _of_flow(flow: Flow, known: Known, places: list[Place]) -> Iterator[tuple[str, str]]:
    if not flow.name.strip():
        yield "name", "give the flow a name"
    if not flow.triggers:
        yield "triggers", "choose at least one trigger"
    yield from _of_patterns("triggers", flow.triggers, known)
    yield from _of_patterns("success.criteria", flow.success.criteria, known)
    for place, what in lacking(flow.filter):
        yield f"filter{place}", what
    if not flow.steps:
        yield "steps", "add at least one step"
    if len(places) > MAX_STEPS:
        yield "steps", f"{len(places)} steps are more than the {MAX_STEPS} that a flow may have"
    for number, selection in enumerate(flow.exclusion_lists):
        if selection not in known.selections:
            yield f"exclusion_lists[{number}]", _no_list(selection, known)
    yield from _of_settings(flow, known)
    if flow.email and flow.email.window and flow.timezone is None and any(map(_writes, places)):
        yield "timezone", "messages go out in a window: say in which timezone, such as Europe/Berlin"
    if flow.email and not flow.email.from_address and any(place.step.sends_mail() for place in places):
        yield "email.from_address", "the flow sends mail: say from which address"
    for field in ("on_success", "otherwise"):
        follow = getattr(flow.finish, field)
        if follow and follow not in known.flows | {known.own}:
            yield f"finish.{field}", _unknown("flow", follow)
        elif follow == known.own != "" and not any(place.step.waits for place in places):
            yield f"finish.{field}", "a flow that goes on to itself needs a wait, or it runs in a circle"


def _writes(place: Place) -> bool:
    """Whether a message to the contact, for which windows are asked, may go out there."""
    return place.step.permission is not Permission.NONE


def _of_patterns(place: str, patterns: Sequence[Pattern], known: Known) -> Iterator[tuple[str, str]]:
    for number, pattern in enumerate(patterns):
        if pattern.source and pattern.source not in known.selections | known.searches:
            yield f"{place}[{number}].selection", _unknown("selection", pattern.source)
        for field, message in (*pattern.problems(), *_of_lists(pattern, known)):
            yield f"{place}[{number}].{field}", message


def _of_lists(naming: Pattern | Step, known: Known) -> Iterator[tuple[str, str]]:
    for selection in naming.selections():
        if selection not in known.selections:
            yield "selection", _no_list(selection, known)
    for project in naming.projects():
        if project not in known.projects:
            yield "project", _unknown("project", project)


def _of_settings(flow: Flow, known: Known) -> Iterator[tuple[str, str]]:
    if flow.starts_at and flow.enrols_until and flow.enrols_until <= flow.starts_at:
        yield "enrols_until", "enrolment has to end after the flow starts"
    for number, other in enumerate(flow.removes_from):
        if other == known.own:
            yield f"removes_from[{number}]", "a flow can't remove people from itself"
        elif other not in known.flows:
            yield f"removes_from[{number}]", _unknown("flow", other)
    if flow.email and flow.email.window and not flow.email.window.weekdays:
        yield "email.window.weekdays", "choose at least one day on which messages may go out"
    if flow.email and flow.email.analytics and not flow.email.analytics.source:
        yield "email.analytics.source", "say which source web analytics is told"
    if flow.email:
        for field in ("from_address", "reply_to"):
            address = getattr(flow.email, field)
            if address and not known.approved.allows(address):
                yield f"email.{field}", known.approved.complaint(address)


def _of_step(place: Place, flow: Flow, known: Known) -> Iterator[tuple[str, str]]:
    step = place.step
    yield from step.problems()
    if place.depth > MAX_DEPTH:
        yield "", f"splits are nested more than {MAX_DEPTH} deep here"
    if step.sends_mail() and flow.email is None:
        asked = next(name for name in ("content", "to", "notify") if name in type(step).model_fields)
        yield asked, "this step sends mail: fill in the flow's e-mail settings"
    for content in step.contents():
        if content not in known.contents:
            yield "content", _unknown("content", content)
    for field, text in step.texts():
        for wrong in known.lint(text):
            yield field, wrong
    yield from _of_lists(step, known)
    for other in step.flows():
        yield from _of_suggested(other, step, flow, known)
    for settings in step.exits():
        yield from _of_exit(settings, known)


def _of_suggested(other: str, step: Step, flow: Flow, known: Known) -> Iterator[tuple[str, str]]:
    if other not in known.flows | {known.own}:
        yield "flow", _unknown("flow", other)
    elif other == known.own and not getattr(step, "leave", False):
        yield "flow", "whoever comes here is inside it already: let them leave, or choose another flow"
    elif other == known.own and not any(place.step.waits for place in layout(flow.steps)):
        yield "flow", "a flow that goes on to itself needs a wait, or it runs in a circle"


def _of_exit(settings: ExitSettings, known: Known) -> Iterator[tuple[str, str]]:
    if settings.suggest_for and settings.suggest_for not in known.flows | {known.own}:
        yield "exit.suggest_for", _unknown("flow", settings.suggest_for)
    if settings.add_to_selection and settings.add_to_selection not in known.selections:
        yield "exit.add_to_selection", _no_list(settings.add_to_selection, known)


def _of_ids(places: list[Place]) -> Iterator[Problem]:
    used = Counter(place.step.id for place in places)
    for place in places:
        step_id = place.step.id
        if used[step_id] > 1:
            yield Problem(step_id, "id", f"{used[step_id]} steps have the id {step_id!r}", place.path)
        if step_id in RESERVED:
            yield Problem(step_id, "id", f"{step_id!r} is a place of its own; choose another id", place.path)


def _no_list(selection: str, known: Known) -> str:
    if selection in known.searches:
        return f"{selection!r} is a saved search; choose a static selection here"
    return _unknown("selection", selection)


def _unknown(what: str, name: str) -> str:
    return f"there is no {what} {name!r}"
