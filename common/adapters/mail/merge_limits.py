"""What one filling of merge tags may take: passes of loops, texts through filters, ranges. Whatever an author writes
and a contact's fields hold, it ends soon, in little memory, and with nothing but `LiquidError`."""

from collections.abc import Callable, Sized
from math import prod
from typing import Any

from liquid import BoundTemplate, RenderContext
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import LiquidError, ResourceLimitError
from liquid.token import Token

LONGEST_RANGE = 10_000
MOST_LOOPED = 20_000_000
"""Passes of the loops around a place, times the template's characters: how much is gone through at most."""
MOST_FILTERED = 10_000_000
"""Characters and items that go into filters, each call counting a little by itself."""
EACH_CALL = 100

FAILURES = (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError)
"""What Liquid's own filters and comparisons let through where values are not what they expect."""


class MergeContext(RenderContext):
    """Counts what is done while one template is filled."""

    filtered = 0

    def raise_for_loop_limit(self, length: int = 1) -> None:
        super().raise_for_loop_limit(length)
        passes = prod((length, self.loop_iteration_carry, *(loop.length for loop in self.loops)))
        if passes * getattr(self.template, "length", 0) > MOST_LOOPED:
            raise ResourceLimitError("the loops go through too much", token=None)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        apply = super().filter(name, token)

        def counted(value: object, *args: Any, **named: Any) -> object:
            self.filtered += EACH_CALL + (len(value) if isinstance(value, Sized) else 0)
            if self.filtered > MOST_FILTERED:
                raise ResourceLimitError("the filters go through too much", token=token)
            return apply(value, *args, **named)

        return counted


class MergeTemplate(BoundTemplate):
    """`length`: of its source, in characters."""

    context_class = MergeContext
    length = 0

    def render(self, *args: Any, **named: Any) -> str:
        """Raises `LiquidError`."""
        try:
            return super().render(*args, **named)
        except FAILURES as error:
            raise LiquidError(
                f"a value is not what a filter or condition takes: {error}", token=None
            ) from error


def mend() -> None:
    """Have ranges as long as anybody needs: filters and loops would make lists of them before any limit is asked."""
    make = RangeLiteral._make_range

    def short(literal: RangeLiteral, start: object, stop: object) -> range:
        made = make(literal, start, stop)
        if made.stop - made.start > LONGEST_RANGE:
            raise ResourceLimitError(f"a range has {LONGEST_RANGE} members at most", token=literal.token)
        return made

    RangeLiteral._make_range = short  # type: ignore[method-assign, assignment]
