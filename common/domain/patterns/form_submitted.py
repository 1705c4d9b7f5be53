"""The contact submitted a form, and the submission was processed."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from common.domain.event import FORM_SUBMITTED
from common.domain.model import Choice
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class FormSubmitted(Pattern):
    kind: Literal["form_submitted"] = "form_submitted"
    form: Choice = ""

    roles: ClassVar[frozenset[Role]] = frozenset(Role)

    @property
    def event_type(self) -> str:
        return FORM_SUBMITTED

    @property
    def discriminator(self) -> tuple[str, str]:
        return "event.form", self.form

    def forms(self) -> Sequence[str]:
        return (self.form,) if self.form else ()

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.form:
            yield "form", "choose the form"
