"""durable_rules, all of it: the one file that knows its interface. It runs in a child process (`child`).

What was measured of version 2.0.28, and what follows:

- An event fires only the first of several rules, a fact all of them: each question is asserted as a fact with a
  fresh id and retracted, always in the default state, because deleting states can abort the process.
- Nobody matching is told by an exception.
- An action with two parameters is taken for an asynchronous one; ours have one, and only note the rule.
- A `Host` starts two threads that poll; ours does not.
- Large rule sets never finish building, and facts are limited in their properties: see `rulesets`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from durable import engine  # type: ignore[import-untyped]

Definition = Mapping[str, Any]
"""Rules by name, each with the expression that a fact has to meet, in the library's own JSON."""


class _Host(engine.Host):  # type: ignore[misc]  # the library has no types
    def _run(self) -> None:
        """No threads: what is asked is answered before the call returns."""


class DurableRules:
    """Some rule sets, built. Building can't be undone: memory is only freed by the end of the process."""

    def __init__(self, rulesets: Iterable[Definition]) -> None:
        self._noted: list[str] = []
        self._facts = 0
        self._host = _Host()
        for number, rules in enumerate(rulesets):
            built = {name: self._rule(name, expression) for name, expression in rules.items()}
            self._host.set_rulesets({str(number): built})

    def _rule(self, name: str, expression: Any) -> dict[str, Any]:
        return {"all": [{"m": expression}], "run": self._note(name)}

    def _note(self, name: str) -> Callable[[Any], None]:
        def note(closure: Any) -> None:
            self._noted.append(name)

        return note

    def find(self, ruleset: int, fact: Mapping[str, str | int]) -> list[str]:
        """The rules of one set that the fact meets, each once."""
        self._noted.clear()
        self._facts += 1
        told = {**fact, "id": self._facts}
        self._tell(self._host.assert_fact, ruleset, told)
        found = list(dict.fromkeys(self._noted))
        self._tell(self._host.retract_fact, ruleset, told)
        return found

    def _tell(self, act: Callable[[str, Any], Any], ruleset: int, fact: dict[str, Any]) -> None:
        try:
            act(str(ruleset), fact)
        except engine.MessageNotHandledException:
            return  # nobody matched
