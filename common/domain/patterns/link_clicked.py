"""The contact clicked a tracked link, in any e-mail or in a given one."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from common.domain.conditions import AnyLine
from common.domain.conditions.text import TextLine, TextOp
from common.domain.event import LINK_CLICKED
from common.domain.model import Choice, Slug
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class LinkClicked(Pattern):
    """`content` narrows it to the link of that name in this e-mail."""

    kind: Literal["link_clicked"] = "link_clicked"
    link: Choice = ""
    content: Slug | None = None

    roles: ClassVar[frozenset[Role]] = frozenset(Role)

    @property
    def event_type(self) -> str:
        return LINK_CLICKED

    @property
    def discriminator(self) -> tuple[str, str]:
        return "event.link", self.link

    @property
    def implied(self) -> tuple[AnyLine, ...]:
        if self.content is None:
            return ()
        return (TextLine(field="event.content", op=TextOp.IS_EXACTLY, value=self.content),)

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.link:
            yield "link", "choose the link"
