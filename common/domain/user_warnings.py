"""Users whom a flow names and nobody here knows, which keeps no flow from running: they may still come."""

from collections.abc import Collection, Iterator

from common.domain.chart import layout
from common.domain.flow import Flow
from common.domain.flow_problems import Problem

UNKNOWN = "user {user!r} is not known here: see /v1/users, or choose another"


def named_users(flow: Flow) -> frozenset[str]:
    """Its owner, and those whom its steps name."""
    return frozenset(user for user, _ in _named(flow))


def user_warnings(flow: Flow, known: Collection[str]) -> list[Problem]:
    """The owner first, then steps from the first to the last. `known`: of those named, who is there."""
    return [where for user, where in _named(flow) if user not in known]


def _named(flow: Flow) -> Iterator[tuple[str, Problem]]:
    if flow.owner:
        yield flow.owner, Problem(None, "owner", UNKNOWN.format(user=flow.owner))
    for place in layout(flow.steps):
        for field, user in place.step.users_named():
            yield user, Problem(place.step.id, field, UNKNOWN.format(user=user), place.path)
