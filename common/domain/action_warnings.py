"""What forms and links do beside a flow, of which its author may not think (domain.md §4)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from common.domain.chart import Place, layout
from common.domain.content_action import Action
from common.domain.flow import Flow
from common.domain.flow_problems import Problem
from common.domain.patterns.pattern import Pattern

FORM, LINK = "event.form", "event.link"


@dataclass(frozen=True, slots=True)
class Source:
    """A form or a link with actions of its own; `name` is for people."""

    name: str
    actions: Sequence[Action]


@dataclass(frozen=True, slots=True)
class Used:
    """What there is, in its newest version, of what a flow names. `forms` by id, `links` by content and name, both
    only where they have actions; `doubts`: what looks broken in a content."""

    forms: Mapping[str, Sequence[Action]] = field(default_factory=dict)
    links: Mapping[tuple[str, str], Sequence[Action]] = field(default_factory=dict)
    doubts: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def named_by(self, pattern: Pattern) -> Iterator[Source]:
        """The form, or the links, that this pattern listens for."""
        content = getattr(pattern, "content", None)
        match pattern.discriminator:
            case (str(kind), str(form)) if kind == FORM and form in self.forms:
                yield Source(f"form {form!r}", self.forms[form])
            case (str(kind), str(link)) if kind == LINK:
                for (owner, name), actions in self.links.items():
                    if name == link and content in (None, owner):
                        yield self.link(owner, name, actions)

    def sent_with(self, content: str) -> Iterator[Source]:
        return (self.link(*key, actions) for key, actions in self.links.items() if key[0] == content)

    def link(self, content: str, name: str, actions: Sequence[Action]) -> Source:
        return Source(f"link {name!r} of {content!r}", actions)


@dataclass(frozen=True, slots=True)
class Met:
    """A source, and where a flow comes upon it first."""

    source: Source
    place: Place | None
    field: str

    def tell(self, message: str) -> Problem:
        return told(self.place, self.field, message)


def action_warnings(flow: Flow, used: Used) -> list[Problem]:
    """Of triggers whose form or link acts by itself, of what is done twice, and of what looks broken in a mail."""
    met = list(_met(flow, used))
    return [
        *(each.tell(_besides(each.source)) for each in met if each.field.startswith("triggers")),
        *(each for found in met for each in _twice_in(found)),
        *(each for one, other in combinations(met, 2) for each in _twice(one, other)),
        *(each for place in layout(flow.steps) for each in _done_by_step(place, met)),
        *_doubts(flow, used),
    ]


def _met(flow: Flow, used: Used) -> Iterator[Met]:
    """Each source once, in the order in which a reader of the flow meets them."""
    known: set[str] = set()
    for each in _mentions(flow, used):
        if each.source.name not in known:
            known.add(each.source.name)
            yield each


def _mentions(flow: Flow, used: Used) -> Iterator[Met]:
    for number, trigger in enumerate(flow.triggers):
        for source in used.named_by(trigger):
            yield Met(source, None, f"triggers[{number}]")
    for place in layout(flow.steps):
        for content in place.step.contents():
            for source in used.sent_with(content):
                yield Met(source, place, "content")
        for number, pattern in enumerate(place.step.listens_for()):
            for source in used.named_by(pattern):
                yield Met(source, place, f"actions[{number}]" if place.step.waits else "")


def _besides(source: Source) -> str:
    done = ", ".join(dict.fromkeys(words(each) for each in source.actions))
    return f"{source.name} has actions of its own, done besides what this flow does: {done}"


def _twice_in(met: Met) -> Iterator[Problem]:
    for number, action in enumerate(met.source.actions):
        if action in met.source.actions[:number]:
            yield met.tell(f"{met.source.name} does the same twice: {words(action)}")


def _twice(one: Met, other: Met) -> Iterator[Problem]:
    for action in dict.fromkeys(map(words, other.source.actions)):
        if action in map(words, one.source.actions):
            yield other.tell(f"{one.source.name} and {other.source.name} do the same: {action}")


def _done_by_step(place: Place, met: Sequence[Met]) -> Iterator[Problem]:
    settings = place.step.settings()
    for each in met:
        if any(_same(place.step.kind, settings, action) for action in each.source.actions):
            yield told(place, "kind", f"{each.source.name} does the same as this step")


def _same(kind: str, settings: Mapping[str, object], action: Action) -> bool:
    """Steps and actions that do the same are called the same, and so are their settings."""
    told = action.model_dump(exclude={"kind"})
    return action.kind == kind and all(told[name] == settings[name] for name in told.keys() & settings.keys())


def _doubts(flow: Flow, used: Used) -> Iterator[Problem]:
    for place in layout(flow.steps):
        for content in place.step.contents():
            for doubt in used.doubts.get(content, ()):
                yield told(place, "content", f"in {content!r}: {doubt}")


def words(action: Action) -> str:
    """What an action does, for people."""
    settings = action.model_dump(mode="json", exclude={"kind"}, exclude_defaults=True)
    return " ".join([action.kind.replace("_", " "), *map(str, settings.values())])


def told(place: Place | None, where: str, message: str) -> Problem:
    if place is None:
        return Problem(None, where, message)
    return Problem(place.step.id, where, message, place.path)
