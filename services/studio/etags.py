"""Revisions as entity tags: what a client read, and whether it may write over it (RFC 9110 §13)."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header

from common.runtime.problems import Changed, IfMatchNeeded

STRONG = re.compile(r'"([^"]*)"')


def etag(revision: int) -> str:
    return f'"{revision}"'


@dataclass(frozen=True, slots=True)
class Conditions:
    """The request's conditions. `wanted`: the tags of If-Match, `None` without it; `new`: If-None-Match: *."""

    wanted: frozenset[str] | None
    new: bool

    def check(self, what: str, revision: int | None, *, needed: bool = True) -> None:
        """Whether the thing, as it stands, may be written (`None`: there is none).

        Raises `Changed`, or `IfMatchNeeded` where a change must say what it was made from.
        """
        if revision is None:
            if self.wanted is not None:
                raise Changed(f"there is no {what}")
            return
        if self.new:
            raise Changed(f"there is {what} already")
        if self.wanted is None:
            if needed:
                raise IfMatchNeeded(f"send If-Match with the ETag of {what} as you read it")
            return
        if not self.wanted & {"*", str(revision)}:
            raise Changed(f"{what} has been changed since; read it again", etag=etag(revision))


def conditions(
    if_match: Annotated[str | None, Header(description="The ETag that was read.")] = None,
    if_none_match: Annotated[str | None, Header(description="`*`: only if there is none yet.")] = None,
) -> Conditions:
    return Conditions(wanted=None if if_match is None else tags(if_match), new=if_none_match == "*")


def tags(header: str) -> frozenset[str]:
    """The strong tags of a header (weak ones never match here)."""
    if header.strip() == "*":
        return frozenset({"*"})
    strong = [part.strip() for part in header.split(",")]
    return frozenset(match[1] for part in strong if (match := STRONG.fullmatch(part)))


Given = Annotated[Conditions, Depends(conditions)]
