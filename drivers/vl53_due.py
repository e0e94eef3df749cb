"""When a ranger that is polled may have its next range: so that few polls find nothing.

Pure: fed with what the polls found, it brackets when each range became ready, and from brackets
far apart it learns the part's real period (its oscillator may be 6 % off the nominal one).
"""

from __future__ import annotations

from typing import Final, NamedTuple

_OFF_SHARE: Final = 0.06
"""Until the real period is known a range may come so much earlier (or later) than nominal."""
_CREEP: Final = 0.0005
"""Expected so much earlier than learned: a poll that finds nothing now and then is the only
proof that none is asked for too late, and it outruns any drift of an oscillator."""
_BLOCK: Final = 64
"""Ranges over which one bracket, the narrowest, is kept; the period is learned from two blocks."""


class _Mark(NamedTuple):
    """A range, and the times between which it became ready."""

    number: int
    after_ns: int
    t_ns: int

    @property
    def width_ns(self) -> int:
        return self.t_ns - self.after_ns


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
        self._marks: list[_Mark] = []
        self._block = 0

    def not_yet(self, t_ns: int) -> None:
        """A poll at ``t_ns`` found nothing: the next range is ready later than that."""
        self.ns = t_ns

    def came(self, t_ns: int, ranges: int) -> None:
        """A poll at ``t_ns`` found a range, so many after the one found before."""
        if ranges != 1:
            # Something was missed: by the loop, or because the period learned was too long.
            self.start(t_ns - self._longest_ns)
        self._number += 1
        mark = _Mark(self._number, self.ns, t_ns)
        period_ns = self._shortest_ns
        for old in self._marks:
            learned_ns = (mark.after_ns - old.t_ns) / (mark.number - old.number)
            period_ns = max(period_ns, round(learned_ns * (1.0 - _CREEP)))
        self._keep(mark)
        self.ns += min(period_ns, self._longest_ns)

    def _keep(self, mark: _Mark) -> None:
        """The narrowest mark of this block, and that of the block before."""
        if not self._marks or mark.number - self._block >= _BLOCK:
            self._block = mark.number
            self._marks = [*self._marks[-1:], mark]
        elif mark.width_ns < self._marks[-1].width_ns:
            self._marks[-1] = mark
