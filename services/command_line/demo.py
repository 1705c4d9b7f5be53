"""`headrace up --demo`: a flow, people who come, click and order, and figures to watch.

It plays the CRM and the readers of the mails, and reaches the engine only by its HTTP interface.
"""

import asyncio
import heapq
import random
import re
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import structlog

from common.adapters.mail.mailbox import Mailbox
from common.domain.life_cycle import Act
from common.runtime.settings import Settings
from services.command_line import demo_people as people
from services.command_line.apply_command import Applied, apply_file
from services.command_line.demo_screen import Figures, Screen
from services.command_line.failures import CommandFailed, Refused, Unreachable
from services.command_line.flow_commands import perform
from services.command_line.installation import Installation, address_of

FLOW = "welcome"
FILE = f"{FLOW}.yaml"
EARLY_PEOPLE = 10
"""Contacts who are there from the start and are suggested by hand."""

TICK_SECONDS = 0.25
LOOK_SECONDS = 1.0
ARRIVAL_SECONDS = (0.8, 2.0)
READING_SECONDS = (1.0, 12.0)
ORDER_SECONDS = (3.0, 25.0)
READERS = 0.5
"""The share of mails whose link is followed."""
BUYERS = 0.4
PLACES = 1000
"""Most participants whose places are counted for the screen."""

NEVER_RUN = 0
"""The version of a flow that was saved and no more."""

TRACKED = re.compile(r"/r/l/[\w.~-]+")
TROUBLE = "demo.trouble"
PREPARED = "demo.prepared"

log = structlog.get_logger()


def flow_file() -> Path:
    """The demo's flow: part of the installed package, or of the checkout's examples."""
    packaged = Path(__file__).with_name(FILE)
    return packaged if packaged.exists() else Path(__file__).parents[2] / "examples" / FILE


class Demo:
    """Runs in a thread of its own, as a client would on another machine."""

    def __init__(self, settings: Settings, mailbox: Mailbox, screen: Screen) -> None:
        self._settings = settings
        self._mailbox = mailbox
        self._screen = screen
        self._stopping = threading.Event()

    async def work(self, stopping: asyncio.Event) -> None:
        """A worker of the process, until it stops."""
        playing = asyncio.create_task(asyncio.to_thread(self._play))
        told = asyncio.create_task(stopping.wait())
        await asyncio.wait([playing, told], return_when=asyncio.FIRST_COMPLETED)
        self._stopping.set()
        told.cancel()
        await playing

    def _play(self) -> None:
        key = self._settings.key_file.read_text().strip()
        installation = Installation(address_of(self._settings), key)
        crowd = Crowd(installation, self._mailbox)
        while not self._tried(lambda: crowd.begin(prepare(installation))):
            if self._stopping.is_set():
                return
        look_at = 0.0
        while not self._stopping.wait(TICK_SECONDS):
            self._tried(lambda: crowd.tick(monotonic()))
            if monotonic() >= look_at:
                self._tried(lambda: self._screen.show(look(installation, self._mailbox)))
                look_at = monotonic() + LOOK_SECONDS

    def _tried(self, act: Callable[[], None]) -> bool:
        """Do it; whether it was done. After a failure there is a pause."""
        try:
            act()
        except CommandFailed as error:
            if not self._stopping.wait(LOOK_SECONDS):
                log.warning(TROUBLE, reason=str(error))
            return False
        return True


def prepare(installation: Installation) -> int:
    """See to the flow and its first people; answers the number of the next contact. A flow that is there
    already is left as its user made it."""
    stored = installation.send("GET", f"/v1/flows/{FLOW}")
    if stored.status_code == httpx.codes.NOT_FOUND or stored.json().get("version") == NEVER_RUN:
        for told in apply_file(installation, flow_file()):
            if isinstance(told, Applied):
                log.info(PREPARED, kind=told.kind.value, id=told.id)
        perform(installation, Act.RUN, FLOW)
        early = range(1, EARLY_PEOPLE + 1)
        contacts = [{"id": people.contact_id(number)} | people.fields(number) for number in early]
        installation.ask("PUT", "/v1/contacts", json=contacts)
        ids = [contact["id"] for contact in contacts]
        installation.ask("POST", "/v1/enrolments", json={"flow": FLOW, "contacts": ids, "id": "demo"})
        return EARLY_PEOPLE + 1
    return int(installation.read(f"/v1/reports/flows/{FLOW}")["suggested"]) + 1


class Crowd:
    """People who come into the CRM one after the other, follow links in their mails, and order."""

    def __init__(self, installation: Installation, mailbox: Mailbox) -> None:
        self._installation = installation
        self._mailbox = mailbox
        self._random = random.Random(17)  # noqa: S311 - a play, not a secret
        self._plans: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._next = 1
        self._read = 0

    def begin(self, number: int) -> None:
        """The next to come has this number; those of the numbers before may order, too."""
        self._next = number
        for early in range(max(1, number - EARLY_PEOPLE), number):
            self._perhaps_order(early, monotonic())
        self._plan(monotonic(), self._arrive)

    def tick(self, now: float) -> None:
        """Do what is due, and open the mails that have come. What finds the engine busy or away is done later."""
        self._open_mails(now)
        while self._plans and self._plans[0][0] <= now:
            at, order, act = heapq.heappop(self._plans)
            try:
                act()
            except CommandFailed as error:
                if is_passing(error):
                    heapq.heappush(self._plans, (at, order, act))
                raise

    def _arrive(self) -> None:
        number, now = self._next, monotonic()
        self._post(people.created(number))
        self._next += 1
        self._plan(now + self._random.uniform(*ARRIVAL_SECONDS), self._arrive)
        self._perhaps_order(number, now)

    def _perhaps_order(self, number: int, now: float) -> None:
        if self._random.random() < BUYERS:
            order = people.ordered(number, round(self._random.uniform(10, 200), 2))
            self._plan(now + self._random.uniform(*ORDER_SECONDS), partial(self._post, order))

    def _open_mails(self, now: float) -> None:
        """Some of the readers follow the first link, after a while. They read as people do, on the mailbox's
        page: the mailbox itself belongs to another thread."""
        while self._read < self._mailbox.received:
            page = self._installation.send("GET", f"/mailbox/{self._read + 1}").text
            self._read += 1
            link = TRACKED.search(page)
            if link and self._random.random() < READERS:
                self._plan(now + self._random.uniform(*READING_SECONDS), partial(self._follow, link.group()))

    def _follow(self, path: str) -> None:
        """As far as the redirect: the click is recorded by then."""
        self._installation.send("GET", path)

    def _post(self, event: dict[str, Any]) -> None:
        self._installation.ask("POST", "/v1/events", json=event)

    def _plan(self, at: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._plans, (at, next(self._order), act))


def is_passing(error: CommandFailed) -> bool:
    """Whether the same may be done a moment later."""
    return isinstance(error, Unreachable) or (isinstance(error, Refused) and error.status >= 500)


def look(installation: Installation, mailbox: Mailbox) -> Figures:
    """What there is to see now."""
    flow = installation.read(f"/v1/flows/{FLOW}")
    report = installation.read(f"/v1/reports/flows/{FLOW}")
    active = installation.read("/v1/participants", flow=FLOW, status="active", limit=PLACES)["participants"]
    return Figures(
        name=flow["draft"]["name"],
        state=flow["state"],
        suggested=report["suggested"],
        enrolled=report["enrolled"],
        in_progress=report["in_progress"],
        completed=report["completed"],
        dropped_out=report["by_status"]["dropped_out"],
        success_rate=report["success_rate"],
        places=dict(Counter(participant["step"] for participant in active)),
        titles=titles(flow["draft"]["steps"]),
        mails=mailbox.received,
        now=installation.read("/v1/clock")["now"],
    )


def titles(steps: list[dict[str, Any]]) -> dict[str, str]:
    """The steps in the order in which they stand, those within a split behind it."""
    found: dict[str, str] = {}
    for step in steps:
        found[step["id"]] = step["title"] or step["id"]
        for branch in [*step.get("branches", ()), step.get("otherwise") or {}]:
            found |= titles(branch.get("steps", []))
    return found
