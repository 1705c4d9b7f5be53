"""The kinds of form actions: each a file of its own, found by being here."""

from typing import TYPE_CHECKING

import common.domain.forms.actions as package
from common.domain.forms.action import Action, actions
from common.domain.kinds import import_all

import_all(package)

if TYPE_CHECKING:
    AnyAction = Action
else:
    AnyAction = actions.union()

__all__ = ["AnyAction"]
