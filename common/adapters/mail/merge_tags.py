"""Liquid for merge tags: bounded in loops, output and memory, no files, everything escaped in HTML.

Escaping happens where a value is put out, whatever filters it went through, so no filter can smuggle markup
in; `newline_to_br` is the one that makes some, of breaks alone.
"""

from collections.abc import Sequence
from html import escape
from typing import Any, ClassVar, TextIO

from liquid import BoundTemplate, Environment, Markup, RenderContext
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import LiquidError, LiquidSyntaxError, ResourceLimitError
from liquid.filter import string_filter
from liquid.stream import TokenStream
from liquid.stringify import to_liquid_string

from common.adapters.mail.merge_limits import MergeTemplate, mend
from common.adapters.mail.tangled import unclosed

mend()

OUTPUT_LIMIT = 1_000_000
"""Most bytes one rendered body may have."""

TAGS = frozenset({"output", "content", "illegal", "#", "comment", "if", "unless", "case", "for", "break",
                  "continue", "assign", "capture"})  # fmt: skip
"""What authors may use: no tag that reads other templates or writes values past the escaping."""

WITHOUT_FILTERS = frozenset({"safe", "escapejs", "base64_encode", "base64_decode", "base64_url_safe_encode",
                             "base64_url_safe_decode"})  # fmt: skip


class EscapedOutputNode(OutputNode):
    """`{{ … }}` in HTML."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        written = value if isinstance(value, Markup) else escape(to_liquid_string(value, autoescape=False))
        return buffer.write(written)


class EscapedOutput(Output):
    node_class = EscapedOutputNode


class MergeEnvironment(Environment):
    """Limits that hold whatever an author writes."""

    loop_iteration_limit: ClassVar[int | None] = 10_000
    local_namespace_limit: ClassVar[int | None] = 200_000
    output_stream_limit: ClassVar[int | None] = OUTPUT_LIMIT
    template_class = MergeTemplate

    def from_string(self, source: str, *args: Any, **named: Any) -> BoundTemplate:
        """Raises `LiquidError`."""
        if unclosed(source):
            raise LiquidSyntaxError("a merge tag begins and does not end", token=None)
        template = super().from_string(source, *args, **named)
        assert isinstance(template, MergeTemplate)
        template.length = len(source)
        return template

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=False)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS}
        self.filters = {name: each for name, each in self.filters.items() if name not in WITHOUT_FILTERS}
        self.filters |= {
            "escape": str_of,
            "escape_once": str_of,
            "newline_to_br": str_of,
            "replace": replace,
            "join": join,
        }


class HtmlEnvironment(MergeEnvironment):
    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.tags["output"] = EscapedOutput(self)
        self.filters["newline_to_br"] = newline_to_br


class WatchedOutputNode(OutputNode):
    """Another node, with a note of where it puts out nothing."""

    __slots__ = ("_empty", "_inner")

    def __init__(self, inner: OutputNode, empty: "Empty") -> None:
        super().__init__(inner.token, inner.expression)
        self._inner = inner
        self._empty = empty

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        written = self._inner.render_to_output(context, buffer)
        if not written:
            self._empty[context.template.name, str(self.expression)] = None
        return written


class WatchedOutput(Output):
    def __init__(self, inner: Output, empty: "Empty") -> None:
        super().__init__(inner.env)
        self._inner = inner
        self._empty = empty

    def parse(self, stream: TokenStream) -> OutputNode:
        return WatchedOutputNode(self._inner.parse(stream), self._empty)


Empty = dict[tuple[str, str], None]
"""The tags that put out nothing, as (name of the template, expression), in the order in which they were met."""


def watched(environment: MergeEnvironment, empty: Empty) -> MergeEnvironment:
    """The environment, which notes in `empty` what it could not fill; for one use, as notes of many would mix."""
    output = environment.tags["output"]
    assert isinstance(output, Output)
    environment.tags["output"] = WatchedOutput(output, empty)
    return environment


@string_filter
def str_of(value: str) -> str:
    """Escaping is not an author's business."""
    return value


@string_filter
def newline_to_br(value: str) -> Markup:
    return Markup("<br>\n".join(escape(line) for line in value.splitlines()))


@string_filter
def replace(value: str, old: object, new: object = "") -> str:
    """Liquid's own, but the result stays small: it is the one that can multiply a text by a text."""
    sought, put = str(old), str(new)
    bounded(len(value) + value.count(sought) * len(put))
    return value.replace(sought, put)


def join(value: Any, separator: object = " ") -> str:
    items = (
        [str(item) for item in value]
        if isinstance(value, Sequence) and not isinstance(value, str)
        else [str(value)]
    )
    bounded(sum(map(len, items)) + len(items) * len(str(separator)))
    return str(separator).join(items)


def bounded(length: int) -> None:
    if length > OUTPUT_LIMIT:
        raise ResourceLimitError(f"a text of {length} characters is too long", token=None)


HTML = HtmlEnvironment()
TEXT = MergeEnvironment()


def line_of(error: LiquidError) -> int | None:
    """Where in its source the error is, counted from 1."""
    found = error.context()
    return found[0] if found else None


def words_of(error: LiquidError) -> str:
    """What is wrong, in one line."""
    return str(error.message).strip()
