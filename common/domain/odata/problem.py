"""What is wrong with a query, and where."""


class BadQuery(ValueError):
    """`option`: the query option, such as `$filter`; `at`: the character in it, from 1, where it goes wrong."""

    def __init__(self, option: str, detail: str, at: int | None = None) -> None:
        place = "" if at is None else f" at character {at}"
        super().__init__(f"{option}{place}: {detail}")
        self.option = option
        self.at = at


class NotOffered(BadQuery):
    """Part of the standard, but not of what is offered here."""
