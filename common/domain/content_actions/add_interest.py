"""Note an interest of the contact."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from common.domain.content_action import Action, Change, Consequence, actions


@actions.register
class AddInterest(Action):
    kind: Literal["add_interest"] = "add_interest"
    interest: str = Field(min_length=1, max_length=200)

    def does(self) -> Sequence[Consequence]:
        return (Change({"add": {"interests": [self.interest]}}),)
