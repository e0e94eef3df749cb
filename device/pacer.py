"""Ticks at absolute deadlines: late ones are skipped and counted, never made up for."""

from __future__ import annotations

from typing import Final, NamedTuple

from drivers.clock import Clock

TICK_NS: Final = 5_000_000
"""200 Hz."""


class PacerHealth(NamedTuple):
    """``lag_ms`` is the worst start behind its deadline since the last ``take_health``."""

    ticks: int
    missed: int
    lag_ms: float


class Pacer:
    """The first tick is at once, the n-th at n periods after it."""

    def __init__(self, clock: Clock, period_ns: int = TICK_NS) -> None:
        self._clock = clock
        self._period_ns = period_ns
        self._due_ns: int | None = None
        self._ticks = 0
        self._missed = 0
        self._worst_ns = 0

    def wait(self) -> int:
        """Sleep to the next deadline and return the time then, in ns."""
        now_ns = self._clock.now_ns()
        due_ns = now_ns if self._due_ns is None else self._due_ns
        skipped = max(0, now_ns - due_ns) // self._period_ns
        due_ns += skipped * self._period_ns
        self._clock.sleep_until_ns(due_ns)
        now_ns = self._clock.now_ns()
        self._due_ns = due_ns + self._period_ns
        self._ticks += 1
        self._missed += skipped
        self._worst_ns = max(self._worst_ns, now_ns - due_ns)
        return now_ns

    def take_health(self) -> PacerHealth:
        health = PacerHealth(self._ticks, self._missed, self._worst_ns * 1e-6)
        self._worst_ns = 0
        return health
