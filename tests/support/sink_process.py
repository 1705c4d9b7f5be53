"""The SMTP sink as a process of its own, whose count outlives whatever is killed around it."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.support.smtp_sink import Got, read_counts


class SinkProcess:
    def __init__(self, file: Path) -> None:
        self._file = file
        command = [sys.executable, "-m", "tests.support.smtp_sink", "--port", "0", "--file", str(file)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def received(self) -> Counter[Got]:
        """Every mail, with how often it came."""
        with self._file.open() as lines:
            return read_counts(lines)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
