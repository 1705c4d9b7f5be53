"""What flows listen for, one kind a file: as triggers, as success criteria, as actions that a wait names."""

import sys
from typing import TYPE_CHECKING

from common.domain.kinds import import_all
from common.domain.patterns.pattern import Pattern, Role, patterns

import_all(sys.modules[__name__])

if TYPE_CHECKING:
    AnyTrigger = Pattern
    AnyCriterion = Pattern
    AnyAction = Pattern
else:
    AnyTrigger = patterns.union(lambda member: Role.TRIGGER in member.roles)
    AnyCriterion = patterns.union(lambda member: Role.CRITERION in member.roles)
    AnyAction = patterns.union(lambda member: Role.ACTION in member.roles)

__all__ = ["AnyAction", "AnyCriterion", "AnyTrigger", "Pattern", "Role", "patterns"]
