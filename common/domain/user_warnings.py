"""Users whom a flow names and nobody here knows, which keeps no flow from running: they may still come."""

from collections.abc import Collection, Iterator

from common.domain.asked_conditions import asked
from common.domain.chart import layout
from common.domain.conditions import Criteria
from common.domain.conditions.user import UserLine
from common.domain.flow import Flow
from common.domain.flow_problems import Problem

UNKNOWN = "user {user!r} is not known here: see /v1/users, or choose another"


def named_users(flow: Flow) -> frozenset[str]:
    """Its owner, and those whom its steps and conditions name."""
    return frozenset(user for user, _ in _named(flow))


def user_warnings(flow: Flow, known: Collection[str]) -> list[Problem]:
    """The owner first, then steps from the first to the last, and conditions. `known`: of those named, who is
    there."""
    return [where for user, where in _named(flow) if user not in known]


def _named(flow: Flow) -> Iterator[tuple[str, Problem]]:
    if flow.owner:
        yield flow.owner, Problem(None, "owner", UNKNOWN.format(user=flow.owner))
    for place in layout(flow.steps):
        for field, user in place.step.users_named():
            yield user, Problem(place.step.id, field, UNKNOWN.format(user=user), place.path)
    for spot, criteria in asked(flow):
        for field, user in _in(criteria):
            where = Problem(spot.step, f"{spot.field}{field}", UNKNOWN.format(user=user), spot.place)
            yield user, where


def _in(criteria: Criteria) -> Iterator[tuple[str, str]]:
    """The users with whom lines compare: (the place, such as `[0][1].value[0]`, user)."""
    for above, group in enumerate(criteria):
        for number, line in enumerate(group):
            if isinstance(line, UserLine):
                for which, user in enumerate(line.value or ()):
                    yield f"[{above}][{number}].value[{which}]", user
