"""The kinds of actions of forms and links: each a file of its own, found by being here."""

from typing import TYPE_CHECKING

import common.domain.content_actions as package
from common.domain.content_action import Action, actions
from common.domain.kinds import import_all

import_all(package)

if TYPE_CHECKING:
    AnyAction = Action
    AnyLinkAction = Action
else:
    AnyAction = actions.union()
    AnyLinkAction = actions.union(lambda member: member.for_links)

__all__ = ["AnyAction", "AnyLinkAction"]
