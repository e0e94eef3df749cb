"""Conditions at the wall as lines of the device's log: one as each begins, one when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

QUIET_NS: Final = 10_000_000_000
"""A condition that comes and goes is said at most so often."""
SENSORS: Final = "SENSOR_"
"""Said by the sensors themselves, and with more words."""


class ConditionLog:
    """Remembers what was said of each condition."""

    def __init__(self) -> None:
        self._since_ns: dict[str, int] = {}
        """Of those that were said to have begun, and are not over."""
        self._holding: frozenset[str] = frozenset()
        self._next_ns: dict[str, int] = {}
        self._unsaid: dict[str, int] = {}

    def lines(self, t_ns: int, codes: Sequence[str]) -> list[str]:
        """What to say when ``codes`` are what holds from ``t_ns`` (monotonic) on."""
        now = frozenset(code for code in codes if not code.startswith(SENSORS))
        said = []
        for code in sorted(self._holding - now):
            since_ns = self._since_ns.pop(code, None)
            if since_ns is not None:
                said.append(f"{code} over after {(t_ns - since_ns) * 1e-9:.1f} s")
        for code in sorted(now - self._holding):
            if t_ns < self._next_ns.get(code, t_ns):
                self._unsaid[code] = self._unsaid.get(code, 0) + 1
                continue
            self._next_ns[code] = t_ns + QUIET_NS
            self._since_ns[code] = t_ns
            unsaid = self._unsaid.pop(code, 0)
            said.append(f"{code} begins" + (f" ({unsaid} more before)" if unsaid else ""))
        self._holding = now
        return said
