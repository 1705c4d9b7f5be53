"""The condition language: a meaning (`holds`), an explanation (`judge`), a fast form (`compile_criteria`)."""

from common.domain.conditions.criteria import (
    AnyLine,
    Criteria,
    compile_criteria,
    fields,
    holds,
    judge,
)
from common.domain.conditions.seen import Seen, Verdict

__all__ = ["AnyLine", "Criteria", "Seen", "Verdict", "compile_criteria", "fields", "holds", "judge"]
