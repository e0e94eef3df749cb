"""Finds repetitions in the range alone: the hips go back, and come back.

A movement begins when the range has been shorter than at rest for three rangings, and ends at
the next top (slow again near the rest range) or turn. What jumps, goes further than hips can, or
stays is no repetition. A step to the wall and back within a rep's time cannot be told from one:
that takes an IMU.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from device.anthropometry import TRUNK_TRAVEL
from device.reps import MAX_NS, MIN_NS, MIN_TRAVEL_MM, RETURNED, START_SAMPLES, TURN_RISE
from device.signals import MS, S, Signals

REST_TRAVEL_MM = 15.0
"""A person who stands this near to the last rest has not moved."""
TOP_MM, TOP_SHARE = 25.0, 0.2
"""Upright again: so near to the rest, or within this share of the deepest."""
TOP_NS = 150 * MS
TOP_SPREAD_MM = 10.0
REST_NS = 500 * MS
STANDS_NS = 1 * S
"""Steady for so long without having gone far: no repetition."""
HELD_NS = 6 * S
"""Nobody holds the lowest point so long: they stepped closer and stand there."""
STEPPED_MM = 60.0
"""A step up to so far only moves the rest; further is a new place (see ``presence``)."""
JUMP_MM_PER_S = 1500.0
"""Faster than hips go: something else is in the beam."""
UNSEEN_NS = 3 * S
DRIFT_MM = 10.0
"""Sway moves the hips so far in a second; a movement, however slow, goes further."""
KEPT = 64
"""More rangings than fit into a second."""
MOST_SHARE = 1.3 * TRUNK_TRAVEL
"""No hips travel further, per stature."""


class RangeMovement(NamedTuple):
    """A finished movement; times of rangings."""

    start_ns: int
    end_ns: int
    turned: bool
    jumped: bool
    """The range jumped within it: not all of it was hips."""


class RangeMachine:
    """Call ``see`` after every ranging, ``step`` too while somebody is set up."""

    def __init__(self, signals: Signals, stature_m: float) -> None:
        self._signals = signals
        self._most_mm = 1e3 * MOST_SHARE * stature_m
        self._steady_ns: int | None = None
        self._last: tuple[int, float] | None = None
        self._recent: deque[tuple[int, float]] = deque(maxlen=KEPT)
        self.reset()

    def reset(self) -> None:
        """Nobody is moving; the next repetition needs a rest."""
        self.moving = False
        self.armed = False
        self._start_ns = 0
        self._jumped = self._crossed = False
        self._peak = self._least = 0.0
        self._least_ns = self._seen_ns = 0

    @property
    def start_ns(self) -> int:
        """When the movement under way began."""
        return self._start_ns

    def arm_unanchored(self) -> None:
        """Measuring began in the middle of things: a range needs no more than a rest."""

    # -- standing -------------------------------------------------------------------------

    def see(self) -> None:
        """Take note of the newest ranging, whoever is there."""
        signals = self._signals
        t_ns, range_mm = signals.ranges[-1]
        jumped = False
        if range_mm is None:
            self._last = None
            self._recent.clear()
        else:
            if self._last is not None:
                jumped = _is_jump(self._last, (t_ns, range_mm))
            self._last = (t_ns, range_mm)
            self._recent.append(self._last)
        if range_mm is None or jumped or not signals.range_steady:
            self._steady_ns = None
        elif self._steady_ns is None:
            self._steady_ns = t_ns
        self._jumped = self._jumped or (self.moving and jumped)

    def rest_ns(self) -> int:
        """How long the range has been steady."""
        if self._steady_ns is None or self._last is None:
            return 0
        return self._last[0] - self._steady_ns

    def rezero(self) -> None:
        """Standing people sway and settle: their rest goes along."""
        signals = self._signals
        if self.moving or not self._stands():
            return
        now_mm, base_mm = signals.rest_range_now_mm(), signals.rest_range_mm
        if now_mm is not None and base_mm is not None and abs(now_mm - base_mm) < STEPPED_MM:
            signals.take_zeroes()

    def _stands(self) -> bool:
        """Steady, and where one was a second ago: slow movement is none."""
        if self.rest_ns() < STANDS_NS or self._recent[-1][0] - self._recent[0][0] < STANDS_NS:
            return False
        ranges = [mm for _, mm in self._recent]
        quarter = len(ranges) // 4
        return abs(median(ranges[:quarter]) - median(ranges[-quarter:])) < DRIFT_MM

    # -- moving ---------------------------------------------------------------------------

    def step(self) -> RangeMovement | None:
        """Take in the newest ranging."""
        return self._follow() if self.moving else self._wait()

    def _wait(self) -> RangeMovement | None:
        signals = self._signals
        travel = signals.travel_mm
        if travel is not None and abs(travel) < REST_TRAVEL_MM and self.rest_ns() >= REST_NS:
            self.armed = True
        if self.armed and signals.away_ranges >= START_SAMPLES:
            self._begin(signals.ranges[-START_SAMPLES][0])
        return None

    def _begin(self, start_ns: int) -> None:
        self.moving = True
        self._start_ns = start_ns
        self._peak, self._least = 0.0, 1e9
        self._least_ns = self._seen_ns = start_ns
        self._jumped = False
        # What comes into the beam from the side jumps as it comes.
        before = [entry for entry in self._recent if entry[0] >= start_ns - TOP_NS]
        self._crossed = any(_is_jump(a, b) for a, b in pairwise(before))

    def _follow(self) -> RangeMovement | None:
        signals = self._signals
        t_ns, travel = signals.ranges[-1][0], signals.travel_mm
        if t_ns - self._start_ns > MAX_NS or t_ns - self._seen_ns > UNSEEN_NS:
            self.reset()
            return None
        if travel is None:
            return None
        self._seen_ns = t_ns
        if travel > self._most_mm:
            self.reset()
            return None
        if travel > self._peak:
            self._peak = travel
            self._least, self._least_ns = travel, t_ns
        elif travel < self._least:
            self._least, self._least_ns = travel, t_ns
        longest_ns = STANDS_NS if self._peak < MIN_TRAVEL_MM else HELD_NS
        if min(self.rest_ns(), t_ns - self._start_ns) >= longest_ns:
            self._stands_elsewhere()
            return None
        if self._at_top(t_ns, travel):
            return self._finish(self._slow_since(), turned=False)
        deep_enough = self._peak >= MIN_TRAVEL_MM and self._least < RETURNED * self._peak
        if deep_enough and travel > self._least + TURN_RISE * self._peak:
            return self._finish(self._least_ns, turned=True)
        return None

    def _stands_elsewhere(self) -> None:
        """A small step, or leaning on the other leg: this is the rest now."""
        self.reset()
        self._signals.take_zeroes()

    def _at_top(self, t_ns: int, travel: float) -> bool:
        if travel > max(TOP_MM, TOP_SHARE * self._peak) or not self._recent:
            return False
        last = [mm for t, mm in self._recent if t >= t_ns - TOP_NS]
        covered = self._recent[0][0] <= t_ns - TOP_NS
        return covered and max(last) - min(last) < TOP_SPREAD_MM

    def _slow_since(self) -> int:
        """When the top began: the first of the newest rangings that agree with the last one."""
        entries = list(self._recent)
        since, newest = entries[-1]
        for t_ns, range_mm in reversed(entries):
            if abs(range_mm - newest) > TOP_SPREAD_MM:
                break
            since = t_ns
        return max(since, self._start_ns)

    def _finish(self, end_ns: int, *, turned: bool) -> RangeMovement | None:
        movement = RangeMovement(self._start_ns, end_ns, turned, self._jumped)
        long_enough = end_ns - self._start_ns >= MIN_NS
        far_enough = self._peak >= MIN_TRAVEL_MM
        crossed = self._crossed
        if turned:
            self._begin(end_ns)
            self._peak = max(self._signals.travel_mm or 0.0, 0.0)
        else:
            self.reset()
            self.armed = True
        return movement if long_enough and far_enough and not crossed else None


def _is_jump(before: tuple[int, float], after: tuple[int, float]) -> bool:
    span_s = max((after[0] - before[0]) * 1e-9, 1e-3)
    return abs(after[1] - before[1]) / span_s > JUMP_MM_PER_S
