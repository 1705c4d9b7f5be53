"""Lists of which several may be chosen: the fact is the list of those that are."""

from typing import Literal

from common.domain.conditions.line import lines
from common.domain.conditions.list import ChoiceLine, ListOp


@lines.register
class MultiListLine(ChoiceLine):
    """The operators of `list`; a fact that is a single text counts as one choice."""

    type: Literal["multi_list"] = "multi_list"
    op: ListOp
