"""The condition language: a meaning (`holds`), an explanation (`judge`), a fast form (`compile_criteria`), and
one for stores and rules engines (`clause`)."""

from common.domain.conditions.asker import ANYONE, Asker
from common.domain.conditions.criteria import (
    AnyLine,
    Compiled,
    Criteria,
    DraftCriteria,
    clause,
    compile_criteria,
    fields,
    holds,
    judge,
    lacking,
)
from common.domain.conditions.seen import Seen, Verdict

__all__ = [
    "ANYONE",
    "AnyLine",
    "Asker",
    "Compiled",
    "Criteria",
    "DraftCriteria",
    "Seen",
    "Verdict",
    "clause",
    "compile_criteria",
    "fields",
    "holds",
    "judge",
    "lacking",
]
