"""The contact submitted a form, and the submission was processed."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from common.domain.event import FORM_SUBMITTED
from common.domain.model import Slug
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class FormSubmitted(Pattern):
    kind: Literal["form_submitted"] = "form_submitted"
    form: Slug

    roles: ClassVar[frozenset[Role]] = frozenset(Role)

    @property
    def event_type(self) -> str:
        return FORM_SUBMITTED

    @property
    def discriminator(self) -> tuple[str, str]:
        return "event.form", self.form

    def forms(self) -> Sequence[str]:
        return (self.form,)
