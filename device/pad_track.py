"""One pad over time: its state now, its losses, its gaps and how hard it was pressed."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from statistics import median

import numpy as np

from drivers.samples import PadSample

PAD_GAP_NS = 50_000_000
"""Longer than two readings of a pad at 60 Hz: a time at which nothing is known of it."""
KEPT_READS = 2048
"""More than the longest repetition holds, at 100 Hz."""
ZERO_EVERY_NS = 200_000_000
REST_READS = 12
"""About 0.2 s at 60 Hz: what the pad reads in standing."""
LIGHT_READS = 5
"""Pressure counts as gone light over so many readings running, about 80 ms at 60 Hz."""
LEAST_REST_LEVEL = 0.25
"""Pressed no harder than this in standing, a pad has no pressure to lose."""


class PadTrack:
    """One pad: its state now and its losses since the last ``clear``."""

    __slots__ = (
        "_zeroed_ns",
        "closed",
        "count",
        "gaps",
        "last_ns",
        "level",
        "levels",
        "losses",
        "rest_level",
        "since_ns",
        "times_ns",
    )

    def __init__(self) -> None:
        self.closed = False
        self.level = 0.0
        self.since_ns = 0
        self.last_ns: int | None = None
        self.losses: list[list[int]] = []
        """[opened, closed] in ns; one that is still open ends at the last sample."""
        self.count = 0
        self.gaps: list[tuple[int, int]] = []
        """(from, to) in ns without a sample."""
        self.times_ns = array("q")
        self.levels = array("d")
        """Of the last readings."""
        self.rest_level: float | None = None
        """Median level when standing at rest."""
        self._zeroed_ns = 0

    def update(self, sample: PadSample) -> bool:
        """Take in one sample; True when the pad opened or closed."""
        t_ns = sample.t_ns
        last_ns = self.last_ns
        if last_ns is not None and t_ns - last_ns > PAD_GAP_NS:
            self.gaps.append((last_ns, t_ns))
        self.last_ns = t_ns
        self.level = sample.level
        self.times_ns.append(t_ns)
        self.levels.append(sample.level)
        if len(self.levels) > 2 * KEPT_READS:
            del self.times_ns[:KEPT_READS], self.levels[:KEPT_READS]
        self.count += 1
        changed = sample.closed != self.closed or last_ns is None
        if changed:
            self.since_ns = t_ns
            if sample.closed:
                if self.losses:
                    self.losses[-1][1] = t_ns
            else:
                self.losses.append([t_ns, t_ns])
            self.closed = sample.closed
        elif not sample.closed and self.losses:
            self.losses[-1][1] = t_ns
        return changed

    def clear(self) -> None:
        """Forget the past; a loss that goes on is kept."""
        self.losses = [] if self.closed or not self.losses else [self.losses[-1]]
        self.count = 0
        self.gaps = []

    def take_zero(self) -> None:
        """Standing at rest: how hard the pad is pressed now is its usual pressure."""
        if self.last_ns is None or self.last_ns - self._zeroed_ns < ZERO_EVERY_NS:
            return
        self._zeroed_ns = self.last_ns
        self.rest_level = median(self.levels[-REST_READS:])

    def lightest(self, start_ns: int, end_ns: int) -> tuple[int, float] | None:
        """When it was pressed least between two times, and how hard as a share of standing.

        The share is the most of ``LIGHT_READS`` readings running, so that a single low one does
        not count. None without enough readings, or where the pad was hardly pressed in standing.
        """
        rest = self.rest_level
        first = bisect_left(self.times_ns, start_ns)
        levels = np.array(self.levels[first : bisect_right(self.times_ns, end_ns)])
        if rest is None or rest < LEAST_REST_LEVEL or len(levels) < LIGHT_READS:
            return None
        runs = len(levels) - LIGHT_READS + 1
        hardest = levels[:runs]
        for later in range(1, LIGHT_READS):
            hardest = np.maximum(hardest, levels[later : later + runs])
        least = int(np.argmin(hardest))
        return self.times_ns[first + least], float(hardest[least]) / rest

    def forget_before(self, t_ns: int) -> None:
        """Keep only what reaches past ``t_ns``."""
        self.losses = [loss for loss in self.losses if loss[1] > t_ns]
        self.gaps = [gap for gap in self.gaps if gap[1] > t_ns]
