"""When a ranger that is polled may have its next range: so that few polls find nothing.

Pure: fed with what the polls found, it brackets when each range became ready, and from brackets
far apart it learns the part's real period (its oscillator may be 6 % off the nominal one).
"""

from __future__ import annotations

from typing import Final

_OFF_SHARE: Final = 0.06
"""Until the real period is known a range may come so much earlier (or later) than nominal."""
_CREEP: Final = 0.0005
"""Expected so much earlier than learned: a poll that finds nothing now and then is the only
proof that none is asked for too late, and it outruns any drift of an oscillator."""
_BLOCK: Final = 64
"""Ranges over which one bracket, the narrowest, is kept; the period is learned from two blocks."""


class Due:
    """``ns`` is the earliest time at which the next range can be ready.

    Args:
        period_ns: Nominal period of the ranges.
    """

    def __init__(self, period_ns: int) -> None:
        self._shortest_ns = round(period_ns * (1.0 - _OFF_SHARE))
        self._longest_ns = round(period_ns * (1.0 + _OFF_SHARE))
        self.start(0)

    def start(self, t_ns: int) -> None:
        """Ranging begins at ``t_ns``."""
        self.ns = t_ns
        self._number = 0
        self._marks: tuple[tuple[int, int], ...] = ()
        self._narrow_ns = 0
        self._block = 0

    def not_yet(self, t_ns: int) -> None:
        """A poll at ``t_ns`` found nothing: the next range is ready later than that."""
        self.ns = t_ns

    def came(self, t_ns: int, ranges: int) -> None:
        """A poll at ``t_ns`` found a range, so many after the one found before."""
        if ranges != 1:
            # Something was missed: by the loop, or because the period learned was too long.
            self.start(t_ns - self._longest_ns)
        after_ns = self.ns
        self._number = number = self._number + 1
        period_ns = self._shortest_ns
        for marked, at_ns in self._marks:
            learned_ns = int((after_ns - at_ns) / (number - marked) * (1.0 - _CREEP))
            if learned_ns > period_ns:
                period_ns = min(learned_ns, self._longest_ns)
        # Keep the narrowest bracket of this block of ranges, and that of the block before.
        width_ns = t_ns - after_ns
        if not self._marks or number - self._block >= _BLOCK:
            self._block, self._narrow_ns = number, width_ns
            self._marks = (*self._marks[-1:], (number, t_ns))
        elif width_ns < self._narrow_ns:
            self._narrow_ns = width_ns
            self._marks = (*self._marks[:-1], (number, t_ns))
        self.ns = after_ns + period_ns
