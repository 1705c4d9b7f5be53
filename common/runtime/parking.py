"""Records that can't be handled are taken out, so that their neighbours go on; too many stop the process."""

from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic

import structlog

from common.ports import Parked

log = structlog.get_logger()

RECORD_PARKED = "record.parked"
WINDOW_SECONDS = 60.0
MOST_PARKED = 20
MOST_SHARE = 0.01


class TooManyParked(Exception):
    """A bad release must not drain the queue: this process gives up its partitions and stays unready."""

    def __init__(self, parked: int, decided: int) -> None:
        super().__init__(f"{parked} of {decided} records parked within a minute: giving up the partitions")


class ParkingLimit:
    """Counts one process's records over the last minute. `now` answers machine seconds."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._counts: deque[tuple[float, int, int]] = deque()
        self.exceeded = False

    def ask(self, decided: int, parked: int) -> None:
        """Before a batch that parks some of its records: raises `TooManyParked` if with it more than 20 records,
        and more than 1 %, were parked within a minute."""
        self._forget()
        all_decided = decided + sum(row[1] for row in self._counts)
        all_parked = parked + sum(row[2] for row in self._counts)
        if all_parked > MOST_PARKED and all_parked > MOST_SHARE * all_decided:
            self.exceeded = True
            raise TooManyParked(all_parked, all_decided)

    def count(self, decided: int, parked: int) -> None:
        """A batch was committed."""
        self._forget()
        self._counts.append((self._now(), decided, parked))

    def _forget(self) -> None:
        while self._counts and self._counts[0][0] < self._now() - WINDOW_SECONDS:
            self._counts.popleft()


def log_parked(parked: Sequence[Parked]) -> None:
    for row in parked:
        names = {"service": row.service, "partition": row.partition, "record": row.record.id}
        log.error(RECORD_PARKED, why=row.error, **names)


def describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:2000]
