"""Records that can't be handled are taken out, so that their neighbours go on; too many stop the process."""

from collections import deque
from collections.abc import Callable
from time import monotonic

import structlog

from common.messages.record import Record
from common.messages.topology import Service
from common.ports import Parked
from common.runtime.handler import Batch, World

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

    def count(self, decided: int, parked: int) -> None:
        """Raises `TooManyParked` when more than 20 records, and more than 1 %, were parked in a minute."""
        now = self._now()
        self._counts.append((now, decided, parked))
        while self._counts[0][0] < now - WINDOW_SECONDS:
            self._counts.popleft()
        all_decided = sum(row[1] for row in self._counts)
        all_parked = sum(row[2] for row in self._counts)
        if all_parked > MOST_PARKED and all_parked > MOST_SHARE * all_decided:
            self.exceeded = True
            raise TooManyParked(all_parked, all_decided)


def decide_all(world: World, batch: Batch, service: Service) -> list[Parked]:
    """Let the world decide each timer and each record; what raises is answered as parked."""
    parked = []
    for timer in batch.timers:
        try:
            world.fire(timer)
        except Exception as error:  # noqa: BLE001 - whatever one makes the handler raise, its neighbours go on
            parked.append(park(service, batch.partition, world.shelve(timer), error))
    for record in batch.records:
        try:
            world.decide(record)
        except Exception as error:  # noqa: BLE001 - the same
            parked.append(park(service, batch.partition, record, error))
    return parked


def park(service: Service, partition: int, record: Record, error: Exception) -> Parked:
    log.error(RECORD_PARKED, service=service, partition=partition, record=record.id, exc_info=error)
    return Parked(service, partition, record, describe(error))


def describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:2000]
