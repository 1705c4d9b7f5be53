"""A sale was created on the contact's company, whether it names the contact, somebody else there, or nobody."""

from typing import ClassVar, Literal

from common.domain.conditions import AnyLine
from common.domain.conditions.text import TextLine, TextOp
from common.domain.event import COMPANY_SALE_CREATED
from common.domain.patterns.pattern import Pattern, Role, patterns


@patterns.register
class CompanySaleCreated(Pattern):
    kind: Literal["company_sale_created"] = "company_sale_created"

    roles: ClassVar[frozenset[Role]] = frozenset({Role.CRITERION})

    @property
    def event_type(self) -> str:
        return COMPANY_SALE_CREATED

    @property
    def implied(self) -> tuple[AnyLine, ...]:
        """Always so; asked that the explanation tells which company it was."""
        return (TextLine(field="event.company", op=TextOp.NOT_EMPTY),)
