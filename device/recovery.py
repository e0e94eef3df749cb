"""The ladder for a bus on which every chip fails, one step a tick.

Before it come the driver's own retry and each chip's bring-up (which pulses XSHUT where it is
wired). What a rung does is ``drivers.bus_recovery``'s; here is when, and what is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from drivers.bus_recovery import RungError
from drivers.samples import Steps

PAUSE_FIRST_NS: Final = 1_000_000_000
PAUSE_MOST_NS: Final = 60_000_000_000
"""After the last rung: so long until the first again, twice as long each time."""


class Rung(NamedTuple):
    """One way to free a bus. ``silent``: also when no chip acknowledges but the wires work (an
    empty socket, or chips without power), where all else could only do harm."""

    name: str
    steps: Callable[[], Steps]
    after_ns: int = 0
    """Not sooner after the trouble began: what is drastic is not for a burst of noise."""
    silent: bool = False


class Ladder:
    """Rungs in their order, for one bus. Times are the caller's own clock in ns."""

    def __init__(
        self, bus: str, rungs: Sequence[Rung], say: Callable[[str], None] = lambda text: None
    ) -> None:
        self._bus = bus
        self._rungs = tuple(rungs)
        self._say = say
        self._next = 0
        self._steps: Steps | None = None
        self._due_ns = 0
        self._silent = False
        self._since_ns: int | None = None
        self._pause_ns = PAUSE_FIRST_NS
        self._not_before_ns = 0
        self.tried = ""
        """The last rung that was gone through."""

    @property
    def busy(self) -> bool:
        """A rung is under way: nobody else may use the bus."""
        return self._steps is not None

    def failed(self, now_ns: int, *, silent: bool) -> None:
        """Every chip has been tried and has failed; ``silent``: by no acknowledge alone."""
        if self._since_ns is None:
            self._since_ns = now_ns
        if self._steps is not None or now_ns < self._not_before_ns:
            return
        if silent is not self._silent:
            self._silent = silent
            self._next = 0
            if silent:  # most likely somebody has pulled the plug and will put it back
                self._not_before_ns = now_ns + self._pause_ns
                return
        self._climb(now_ns)

    def due(self, now_ns: int) -> bool:
        """A step waits to be done."""
        return self._steps is not None and now_ns >= self._due_ns

    def step(self, now_ns: int) -> bool:
        """One step of the rung under way; True when it has ended and the chips are to be tried."""
        if self._steps is None:
            return False
        rung = self._rungs[self._next - 1]
        try:
            self._due_ns = now_ns + next(self._steps)
        except StopIteration:
            self._steps = None
            self.tried = rung.name
            self._say(f"{self._bus}: {rung.name}, done")
        except RungError as error:
            self._steps = None
            self._say(f"{self._bus}: {rung.name}, not possible: {error}")
            self._climb(now_ns)
        return self._steps is None

    def well(self) -> None:
        """A chip of the bus does what it should."""
        if self.tried:
            self._say(f"{self._bus}: works again (last tried: {self.tried})")
        self._next = 0
        self._since_ns = None
        self._not_before_ns = 0
        self._pause_ns = PAUSE_FIRST_NS
        self._silent = False
        self.tried = ""

    def _climb(self, now_ns: int) -> None:
        """The next rung, or the pause after the last."""
        while self._next < len(self._rungs):
            rung = self._rungs[self._next]
            if self._since_ns is not None and now_ns - self._since_ns < rung.after_ns:
                return
            self._next += 1
            if rung.silent or not self._silent:
                self._steps = rung.steps()
                self._due_ns = now_ns
                self._say(f"{self._bus}: {rung.name}")
                return
        self._next = 0
        self._not_before_ns = now_ns + self._pause_ns
        self._pause_ns = min(2 * self._pause_ns, PAUSE_MOST_NS)
