"""Which flows use a form."""

from common.domain.chart import layout
from common.domain.flow import Flow
from common.domain.patterns.pattern import Pattern


def names_form(flow: Flow, form: str) -> bool:
    """Whether a trigger, a success criterion or a wait of this flow listens for the form."""
    listens: list[Pattern] = [*flow.triggers, *flow.success.criteria]
    for place in layout(flow.steps):
        listens += place.step.listens_for()
    return any(form in each.forms() for each in listens)
