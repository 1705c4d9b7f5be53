"""Forms, their fields, links and subscription types that a flow names and nobody keeps here. They may be kept
elsewhere: a form of the CRM's whose submissions come as events, a type that contacts bring with them. So they keep no
flow from running."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from common.domain.asked_conditions import Spot, listened_for
from common.domain.chart import layout
from common.domain.conditions import Criteria, fields
from common.domain.flow import Flow
from common.domain.flow_problems import Problem
from common.domain.patterns.link_clicked import LinkClicked
from common.domain.patterns.pattern import Pattern

NO_FORM = "there is no form {form!r} here: only events from elsewhere can tell that it was submitted"
NO_FIELD = "form {form!r} asks for no {name!r}: no submission of ours has it"
NO_LINK = "there is no link {link!r} in {content!r}: nobody can click it"
NO_LINK_AT_ALL = (
    "there is no link {link!r} in any content here: only events from elsewhere can tell of its clicks"
)
NO_TYPE = "there is no subscription type {name!r} here: no preference page offers it"
SUBMITTED = "event.fields."
"""What the names of a submission's fields begin with."""


@dataclass(frozen=True, slots=True)
class Here:
    """What is kept here: `fields` of those forms that a flow names, and by link the contents in which it is, in their
    newest versions."""

    forms: frozenset[str] = frozenset()
    subscription_types: frozenset[str] = frozenset()
    fields: Mapping[str, Collection[str]] = field(default_factory=dict)
    links: Mapping[str, Collection[str]] = field(default_factory=dict)


def elsewhere(flow: Flow, here: Here) -> list[Problem]:
    """The flow's own first, then those of its steps from the first to the last."""
    return [
        *_of_settings(flow, here),
        *(each for spot, pattern in listened_for(flow) for each in _of_pattern(spot, pattern, here)),
        *_of_steps(flow, here),
    ]


def named_forms(flow: Flow) -> frozenset[str]:
    return frozenset(form for _, pattern in listened_for(flow) for form in pattern.forms())


def named_links(flow: Flow) -> frozenset[str]:
    return frozenset(
        pattern.link for _, pattern in listened_for(flow) if isinstance(pattern, LinkClicked) and pattern.link
    )


def _of_settings(flow: Flow, here: Here) -> Iterator[Problem]:
    name = flow.email and flow.email.subscription_type
    if name and name not in here.subscription_types:
        yield Problem(None, "email.subscription_type", NO_TYPE.format(name=name))


def _of_pattern(spot: Spot, pattern: Pattern, here: Here) -> Iterator[Problem]:
    for form in pattern.forms():
        if form not in here.forms:
            yield Problem(spot.step, f"{spot.field}form", NO_FORM.format(form=form), spot.place)
        conditions = Spot(spot.step, f"{spot.field}conditions", spot.place)
        yield from _of_fields(conditions, form, pattern.conditions, here)
    if isinstance(pattern, LinkClicked) and pattern.link and (wrong := _of_link(pattern, here)):
        yield Problem(spot.step, f"{spot.field}link", wrong, spot.place)


def _of_link(clicked: LinkClicked, here: Here) -> str | None:
    contents = here.links.get(clicked.link, ())
    if clicked.content is None:
        return None if contents else NO_LINK_AT_ALL.format(link=clicked.link)
    if clicked.content in contents:
        return None
    return NO_LINK.format(link=clicked.link, content=clicked.content)


def _of_steps(flow: Flow, here: Here) -> Iterator[Problem]:
    """A step that parts people by the data of a form listens for that form alone."""
    for place in layout(flow.steps):
        forms = [form for pattern in place.step.listens_for() for form in pattern.forms()]
        for name, criteria in place.step.conditions() if len(forms) == 1 else ():
            yield from _of_fields(Spot(place.step.id, name, place.path), forms[0], criteria, here)


def _of_fields(spot: Spot, form: str, criteria: Criteria, here: Here) -> Iterator[Problem]:
    for asked in sorted(fields(criteria)):
        name = asked.removeprefix(SUBMITTED).partition(".")[0]
        if asked.startswith(SUBMITTED) and form in here.fields and name not in here.fields[form]:
            yield Problem(spot.step, spot.field, NO_FIELD.format(form=form, name=name), spot.place)
