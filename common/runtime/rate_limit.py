"""How often somebody may do something: in a window of a minute, with a bounded memory of who has."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

WINDOW = 60.0
MOST_REMEMBERED = 20_000


class RateLimit:
    """`most` times a minute for each name. Whoever came longest ago is forgotten first; `clock` in seconds."""

    def __init__(
        self, most: int, *, remembered: int = MOST_REMEMBERED, clock: Callable[[], float] = monotonic
    ) -> None:
        self._most = most
        self._remembered = remembered
        self._clock = clock
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait(self, name: str) -> float:
        """Once more: 0 if it may be, else for how many seconds it may not."""
        now = self._clock()
        began, times = self._windows.pop(name, (now, 0))
        if now - began >= WINDOW:
            began, times = now, 0
        self._windows[name] = (began, times + 1)
        if len(self._windows) > self._remembered:
            self._windows.popitem(last=False)
        return 0.0 if times < self._most else began + WINDOW - now
