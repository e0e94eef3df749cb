"""A clock that only moves when it is told to: replay and tests run on it."""

from __future__ import annotations


class VirtualClock:
    """Monotonic nanoseconds that pass at once. Satisfies ``drivers.clock.Clock``."""

    __slots__ = ("_t_ns",)

    def __init__(self, start_ns: int = 1_000_000_000) -> None:
        self._t_ns = start_ns

    def now_ns(self) -> int:
        return self._t_ns

    def sleep_until_ns(self, t_ns: int) -> None:
        """Jump to ``t_ns``; nothing happens when it has passed."""
        if t_ns > self._t_ns:
            self._t_ns = t_ns

    def advance(self, ns: int) -> None:
        """Let ``ns`` pass. Raises ``ValueError`` when asked to go back."""
        if ns < 0:
            raise ValueError(f"virtual clock: advance by {ns} ns, expected 0 or more")
        self._t_ns += ns
