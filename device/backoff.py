"""When to try again: longer after each failure, up to a limit."""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """Times are the caller's own clock in ns; nothing here reads one."""

    def __init__(
        self, first_ns: int, most_ns: int, spread: Callable[[], float] | None = None
    ) -> None:
        """``spread`` gives 0..1: a wait is shortened by up to half by it (jitter)."""
        self._first_ns = first_ns
        self._most_ns = most_ns
        self._spread = spread
        self._wait_ns = first_ns
        self._due_ns: int | None = None

    def failed(self, now_ns: int) -> None:
        """Not again before the wait is over; the next wait is twice as long."""
        share = 1.0 if self._spread is None else 1.0 - 0.5 * self._spread()
        self._due_ns = now_ns + int(self._wait_ns * share)
        self._wait_ns = min(2 * self._wait_ns, self._most_ns)

    def reset(self) -> None:
        self._wait_ns = self._first_ns
        self._due_ns = None

    def ready(self, now_ns: int) -> bool:
        return self._due_ns is None or now_ns >= self._due_ns

    def remaining_ns(self, now_ns: int) -> int:
        return 0 if self._due_ns is None else max(0, self._due_ns - now_ns)
