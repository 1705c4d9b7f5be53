"""The child process that runs the rules: builds what it is given first, then answers question by question.

It ends with its input, so that it does not outlive its parent. The library's own words go to standard error.
"""

import os
import sys
from typing import IO, Any

from common.adapters.rules.durable_rules import DurableRules
from common.adapters.rules.wire import pack, read_blocking


def answer(rules: DurableRules, question: Any) -> Any:
    """The names of the rules that each (rule set, fact) meets, under the question's number."""
    found = [rules.find(ruleset, fact) for ruleset, fact in question["facts"]]
    return {"number": question["number"], "found": found}


def serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    try:
        rules = DurableRules(read_blocking(questions))
        answers.write(pack("ready"))
        answers.flush()
        while True:
            answers.write(pack(answer(rules, read_blocking(questions))))
            answers.flush()
    except EOFError:
        return


if __name__ == "__main__":
    own_output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, own_output)
