"""Under which subject a flow mails a content: that of the step, where it has one."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.domain.chart import layout
from common.domain.flow import Flow
from common.domain.steps.send_email import SendEmail


class NotMailed(ValueError):
    """The step that was named does not mail this content."""

    def __init__(self, content: str, step: str, mailing: Sequence[SendEmail]) -> None:
        others = ", ".join(each.id for each in mailing)
        super().__init__(
            f"the step {step!r} does not mail {content!r}; {f'these do: {others}' if others else 'none does'}"
        )


@dataclass(frozen=True, slots=True)
class Mailed:
    """`step`: by which the content is mailed, if it is clear; `subject`: its own, if it has one. `among`: the steps
    of which one has to be named, as their subjects differ."""

    step: str | None = None
    subject: str | None = None
    among: tuple[str, ...] = ()

    @property
    def unclear(self) -> str | None:
        """What its author has to say first, if anything."""
        if not self.among:
            return None
        return f"steps mail it under different subjects: name one as `step` ({', '.join(self.among)})"


def mailed(flow: Flow, content: str, step: str | None = None) -> Mailed:
    """Without `step`: as all steps do that mail it, if they agree. Raises `NotMailed`."""
    mailing = [each for each in steps_of(flow) if each.content == content]
    named = [each for each in mailing if step in (None, each.id)]
    if not named:
        if step is not None:
            raise NotMailed(content, step, mailing)
        return Mailed()
    if len({each.subject or "" for each in named}) > 1:
        return Mailed(among=tuple(each.id for each in named))
    return Mailed(named[0].id if len(named) == 1 else None, named[0].subject or None)


def steps_of(flow: Flow) -> Sequence[SendEmail]:
    return [place.step for place in layout(flow.steps) if isinstance(place.step, SendEmail)]
