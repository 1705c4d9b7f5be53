"""Forms and subscription types that a flow names and nobody keeps here. They may be kept elsewhere: a form of the
CRM's whose submissions come as events, a type that contacts bring with them. So they keep no flow from running."""

from collections.abc import Iterator
from dataclasses import dataclass

from common.domain.chart import layout
from common.domain.flow import Flow
from common.domain.flow_problems import Problem

NO_FORM = "there is no form {form!r} here: only events from elsewhere can tell that it was submitted"
NO_TYPE = "there is no subscription type {name!r} here: no preference page offers it"


@dataclass(frozen=True, slots=True)
class Here:
    """What is kept here."""

    forms: frozenset[str] = frozenset()
    subscription_types: frozenset[str] = frozenset()


def elsewhere(flow: Flow, here: Here) -> list[Problem]:
    """The flow's own first, then those of its steps from the first to the last."""
    return [
        *_of_settings(flow, here),
        *(
            Problem(step, field, NO_FORM.format(form=form), place)
            for step, field, form, place in _forms(flow)
            if form not in here.forms
        ),
    ]


def _of_settings(flow: Flow, here: Here) -> Iterator[Problem]:
    name = flow.email and flow.email.subscription_type
    if name and name not in here.subscription_types:
        yield Problem(None, "email.subscription_type", NO_TYPE.format(name=name))


def _forms(flow: Flow) -> Iterator[tuple[str | None, str, str, str]]:
    """Every form, with the step, the field and the place where it is named."""
    for field, patterns in (("triggers", flow.triggers), ("success.criteria", flow.success.criteria)):
        for number, pattern in enumerate(patterns):
            yield from ((None, f"{field}[{number}].form", form, "") for form in pattern.forms())
    for place in layout(flow.steps):
        for number, pattern in enumerate(place.step.listens_for()):
            field = f"actions[{number}].form" if place.step.waits else "form"
            yield from ((place.step.id, field, form, place.path) for form in pattern.forms())
