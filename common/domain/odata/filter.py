"""Reads a `$filter` by descending through its grammar, checking kinds on the way (decision 0175)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from common.domain.odata.expression import (
    Both,
    Call,
    Compare,
    Condition,
    Either,
    Field,
    Not,
    OneOf,
    Operator,
    Term,
    Truth,
    Value,
)
from common.domain.odata.functions import (
    ARITHMETIC,
    FUNCTIONS,
    NUMBER,
    PRODUCTS,
    SUMS,
    Function,
    sort_of,
)
from common.domain.odata.literals import literal
from common.domain.odata.problem import BadQuery, NotOffered
from common.domain.odata.tokens import Placed, Token, tokens
from common.domain.report_tables import Kind, Table

OPTION = "$filter"
DEEPEST = 40
UNSUPPORTED = frozenset(
    {"has", "any", "all", "now", "cast", "isof", "time", "matchesPattern", "divby", "case"}
)
Node = Term | Condition
ORDERED = frozenset({Operator.GT, Operator.GE, Operator.LT, Operator.LE})


def read_filter(text: str, table: Table) -> Condition:
    """Raises `BadQuery`."""
    reader = Reader(table, tuple(tokens(text, OPTION)))
    found, at = reader.either()
    if reader.next.token is not Token.END:
        raise reader.bad(f"`and`, `or` or the end should come here, not {reader.next.told}")
    return condition(found, at)


def condition(node: Node, at: int) -> Condition:
    """A node where a yes or no is wanted."""
    if isinstance(node, Value | Field | Call):
        if node.kind is not Kind.YES_NO:
            raise BadQuery(OPTION, "is no condition: compare it with something", at)
        return Truth(node)
    return node


def term(node: Node, at: int) -> Term:
    """A node where a value is wanted."""
    if isinstance(node, Value | Field | Call):
        return node
    raise BadQuery(OPTION, "is a condition; a value is wanted here", at)


@dataclass
class Reader:
    """Each method reads one level of the grammar, and answers what it read and where that began."""

    table: Table
    tokens: Sequence[Placed]
    position: int = 0
    depth: int = field(default=0)

    @property
    def next(self) -> Placed:
        return self.tokens[self.position]

    def take(self) -> Placed:
        taken = self.next
        self.position += taken.token is not Token.END
        return taken

    def bad(self, detail: str) -> BadQuery:
        return BadQuery(OPTION, detail, self.next.at)

    def comes(self, *words: str) -> bool:
        return self.next.token is Token.WORD and self.next.text in words

    def expect(self, token: Token, sign: str) -> None:
        if self.take().token is not token:
            self.position -= self.tokens[self.position].token is not Token.END
            raise self.bad(f"{sign} is missing before {self.next.told}")

    def either(self) -> tuple[Node, int]:
        return self.joined("or", self.both, Either)

    def both(self) -> tuple[Node, int]:
        return self.joined("and", self.comparison, Both)

    def joined(
        self, word: str, read: Callable[[], tuple[Node, int]], join: type[Both | Either]
    ) -> tuple[Node, int]:
        first, begin = read()
        if not self.comes(word):
            return first, begin
        parts = [condition(first, begin)]
        while self.comes(word):
            self.take()
            parts.append(condition(*read()))
        return join(tuple(parts)), begin

    def comparison(self) -> tuple[Node, int]:
        node, begin = self.sum()
        if self.comes("in"):
            self.take()
            return self.one_of(term(node, begin)), begin
        if not self.comes(*Operator):
            return node, begin
        left, operator = term(node, begin), Operator(self.take().text)
        right, at = self.sum()
        return compare(operator, left, term(right, at), at), begin

    def sum(self) -> tuple[Node, int]:
        return self.arithmetic(SUMS, self.product)

    def product(self) -> tuple[Node, int]:
        return self.arithmetic(PRODUCTS, self.operand)

    def one_of(self, left: Term) -> Condition:
        self.expect(Token.OPEN, "(")
        values: list[Value] = []
        while True:
            node, at = self.operand()
            if not isinstance(node, Value):
                raise BadQuery(OPTION, "only plain values may stand in this list", at)
            check_same(left, node, at)
            values.append(node)
            if self.next.token is not Token.COMMA:
                break
            self.take()
        self.expect(Token.CLOSE, ")")
        return OneOf(left, tuple(values))

    def arithmetic(self, operators: Sequence[str], read: Callable[[], tuple[Node, int]]) -> tuple[Node, int]:
        node, begin = read()
        while self.comes(*operators):
            name = self.take().text
            right, at = read()
            numbers = (number(term(node, begin), begin), number(term(right, at), at))
            kinds = [each.kind for each in numbers]
            node = Call(name, numbers, Kind.DECIMAL if Kind.DECIMAL in kinds else Kind.WHOLE)
        return node, begin

    def operand(self) -> tuple[Node, int]:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.bad(f"is nested more than {DEEPEST} deep")
        try:
            return self.plain()
        finally:
            self.depth -= 1

    def plain(self) -> tuple[Node, int]:
        token = self.take()
        if token.token is Token.OPEN:
            inside, _ = self.either()
            self.expect(Token.CLOSE, ")")
            return inside, token.at
        if token.token is Token.MINUS:
            inner, at = self.operand()
            negated = number(term(inner, at), at)
            return Call("mul", (Value(Kind.WHOLE, -1), negated), negated.kind or Kind.WHOLE), token.at
        if token.token is Token.WORD and token.text == "not":
            return Not(condition(*self.operand())), token.at
        value = literal(token, OPTION)
        if value is not None:
            return value, token.at
        if token.token is Token.WORD:
            return self.named(token), token.at
        raise BadQuery(OPTION, f"a column, value or function should come here, not {token.told}", token.at)

    def named(self, name: Placed) -> Term:
        if self.next.token is Token.OPEN:
            return self.call(name)
        column = self.table.column(name.text)
        if column is None:
            raise BadQuery(OPTION, f"{self.table.name} has no column {name.told}", name.at)
        return Field(column)

    def call(self, name: Placed) -> Call:
        function = FUNCTIONS.get(name.text)
        if function is None:
            kind = NotOffered if name.text in UNSUPPORTED else BadQuery
            raise kind(OPTION, f"there is no function {name.told}; there are {', '.join(FUNCTIONS)}", name.at)
        self.expect(Token.OPEN, "(")
        arguments = [self.argument(name, function, 0)]
        while self.next.token is Token.COMMA:
            self.take()
            arguments.append(self.argument(name, function, len(arguments)))
        self.expect(Token.CLOSE, ")")
        if len(arguments) < len(function.takes) - function.optional:
            raise BadQuery(OPTION, f"{name.text} needs {len(function.takes)} arguments", name.at)
        return Call(name.text, tuple(arguments), function.gives)

    def argument(self, name: Placed, function: Function, place: int) -> Term:
        node, at = self.sum()
        if place >= len(function.takes):
            raise BadQuery(OPTION, f"{name.text} takes {len(function.takes)} arguments at most", at)
        given = term(node, at)
        if given.kind is not None and given.kind not in function.takes[place]:
            wanted = " or ".join(sorted(function.takes[place]))
            raise BadQuery(OPTION, f"{name.text} takes {wanted} here, not {given.kind}", at)
        return given


def compare(operator: Operator, left: Term, right: Term, at: int) -> Compare:
    check_same(left, right, at)
    if operator in ORDERED and Kind.YES_NO in (left.kind, right.kind):
        raise BadQuery(OPTION, "yes and no have no order: use eq or ne", at)
    return Compare(operator, left, right)


def check_same(left: Term, right: Term, at: int) -> None:
    """Null goes with everything."""
    if None not in (left.kind, right.kind) and sort_of(left.kind) is not sort_of(right.kind):
        raise BadQuery(OPTION, f"{left.kind} can't be compared with {right.kind}{advice(left, right)}", at)


def advice(left: Term, right: Term) -> str:
    match left.kind, right.kind:
        case Kind.INSTANT, Kind.DAY:
            return "; write 2024-12-31T00:00:00Z, or compare date(…) of the left"
        case Kind.DAY, Kind.INSTANT:
            return "; write a day alone, as 2024-12-31"
        case (_, Kind.TEXT):
            return "; only texts stand in quotes"
        case (Kind.TEXT, _):
            return "; texts stand in single quotes"
        case _:
            return ""


def number(given: Term, at: int) -> Term:
    if given.kind is not None and given.kind not in NUMBER:
        raise BadQuery(OPTION, f"{', '.join(ARITHMETIC)} are for numbers, not {given.kind}", at)
    return given
