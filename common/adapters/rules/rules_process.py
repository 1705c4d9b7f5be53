"""One child process with its rules: asked under a time limit, given up for good when it fails."""

import asyncio
import contextlib
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from common.adapters.rules.rulesets import Fact, Ruleset
from common.adapters.rules.wire import Garbled, pack, read

COMMAND = (sys.executable, "-m", "common.adapters.rules.child")
BUILD_SECONDS = 60.0
ANSWER_SECONDS = 2.0
SECONDS_A_FACT = 0.002

Question = tuple[int, Fact]
"""The number of a rule set, and the fact that it is asked about."""


class Trouble(StrEnum):
    """What may become of a child."""

    CRASHED = "crashed"
    HUNG = "hung"
    GARBLED = "garbled"


class ChildFailed(Exception):
    """The child is no use any more."""

    def __init__(self, trouble: Trouble, detail: str) -> None:
        super().__init__(f"the rules process {trouble}: {detail}")
        self.trouble = trouble


class RulesProcess:
    """Answers one question after the other; what fails once is killed."""

    def __init__(self, process: Process, rulesets: Sequence[Ruleset], patience: float) -> None:
        self._process = process
        self._patience = patience
        self._rulesets = rulesets
        self._number = 0
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def build(self) -> None:
        """Hand over the rules. Raises `ChildFailed`."""
        answer = await self._exchange([ruleset.rules for ruleset in self._rulesets], BUILD_SECONDS)
        if answer != "ready":
            raise await self._failed(Trouble.GARBLED, "it was not ready")

    async def ask(self, questions: Sequence[Question]) -> list[list[str]]:
        """For each question the keys of the conditions that may hold. Raises `ChildFailed`."""
        async with self._turn:
            self._number += 1
            message = {"number": self._number, "facts": questions}
            limit = self._patience + SECONDS_A_FACT * len(questions)
            answer = await self._exchange(message, limit)
            try:
                return self._read(answer, questions)
            except (KeyError, TypeError, IndexError) as error:
                raise await self._failed(Trouble.GARBLED, repr(error)) from error

    def _read(self, answer: Any, questions: Sequence[Question]) -> list[list[str]]:
        """The keys in an answer; raises where it is none to these questions."""
        if answer["number"] != self._number or len(answer["found"]) != len(questions):
            raise KeyError("an answer to something else")
        return [
            [self._rulesets[ruleset].keys[rule] for rule in rules]
            for (ruleset, _), rules in zip(questions, answer["found"], strict=True)
        ]

    async def _exchange(self, message: Any, seconds: float) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(seconds):
                self._process.stdin.write(pack(message))
                await self._process.stdin.drain()
                return await read(self._process.stdout)
        except TimeoutError:
            raise await self._failed(Trouble.HUNG, f"no answer in {seconds:g} s") from None
        except Garbled as error:
            raise await self._failed(Trouble.GARBLED, str(error)) from error
        except (EOFError, OSError) as error:
            raise await self._failed(Trouble.CRASHED, repr(error)) from error
        except asyncio.CancelledError:
            self._process.kill()  # half a message may be on its way
            raise

    async def _failed(self, trouble: Trouble, detail: str) -> ChildFailed:
        await self.end()
        return ChildFailed(trouble, f"{detail}, exit code {self._process.returncode}")

    async def retire(self) -> None:
        """End it when those who asked have their answers."""
        async with self._turn:
            await self.end()

    async def end(self) -> None:
        """Kill it; returns when it is gone. Once is enough, twice does no harm."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


async def start(
    rulesets: Sequence[Ruleset], command: Sequence[str] = COMMAND, patience: float = ANSWER_SECONDS
) -> RulesProcess:
    """A child with these rules built; `patience`: seconds for an answer to few questions.

    Raises `ChildFailed`. A start that is cancelled leaves nothing behind.
    """
    keeper = shutil.which("setpriv")
    kept = [*([keeper, "--pdeathsig", "KILL", "--"] if keeper else []), *command]
    try:
        process = await asyncio.create_subprocess_exec(*kept, stdin=PIPE, stdout=PIPE)
    except OSError as error:
        raise ChildFailed(Trouble.CRASHED, str(error)) from error
    child = RulesProcess(process, rulesets, patience)
    try:
        await child.build()
    except BaseException:
        await child.end()
        raise
    return child
