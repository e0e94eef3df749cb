"""What the dowel does out of the person's plane, and knocks it gets: the last seconds of both.

Lean and turn are those of the dowel's left axis: how far it leaves the level, and where it points
on the floor. The turn comes from the gyroscope alone; its zero is arbitrary, so only its range
within a repetition means something (drift: docs/metrics.md).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from typing import NamedTuple

from device.attitude import Pose
from drivers.samples import ImuSample

KEPT_S = 24.0
"""Longer than any repetition."""
KNOCK_MPS2 = 3.0
"""Change of the acceleration within two samples. People move by under 1, the simulated chip's
noise stays under 0.3."""
BURST_NS = 30_000_000
"""Changes closer than this belong to one knock."""
LONGEST_KNOCK_NS = 60_000_000
"""What shakes longer is no knock: a motor, a dropped or dragged dowel."""


class Ranges(NamedTuple):
    """How far the dowel leaned to the side and turned about the vertical within a time."""

    lean_deg: float
    twist_deg: float


class Turning:
    """Fed with every sample of the IMU, at ``odr_hz``."""

    def __init__(self, odr_hz: float) -> None:
        self._kept = round(KEPT_S * odr_hz)
        self._times_ns: list[int] = []
        self._sides_deg: list[float] = []
        self._headings_deg: list[float] = []
        self._shakes: deque[int] = deque(maxlen=round(KEPT_S * odr_hz))
        self._heading_deg = 0.0
        self._before_deg: float | None = None
        self._acc: deque[tuple[float, float, float]] = deque(maxlen=2)

    def add(self, sample: ImuSample, pose: Pose, *, shaken: bool = False) -> None:
        """One sample, and the pose it gave. ``shaken``: the motor runs, and is no knock."""
        before = self._before_deg
        if before is not None:
            self._heading_deg += (pose.heading_deg - before + 180.0) % 360.0 - 180.0
        self._before_deg = pose.heading_deg
        self._times_ns.append(pose.t_ns)
        self._sides_deg.append(pose.side_deg)
        self._headings_deg.append(self._heading_deg)
        if len(self._times_ns) > 2 * self._kept:
            for kept in (self._times_ns, self._sides_deg, self._headings_deg):
                del kept[: self._kept]
        if shaken:
            self._acc.clear()
            return
        acc = (sample.ax, sample.ay, sample.az)
        if len(self._acc) == 2:
            x, y, z = self._acc[0]
            x, y, z = acc[0] - x, acc[1] - y, acc[2] - z
            if x * x + y * y + z * z > KNOCK_MPS2 * KNOCK_MPS2:
                self._shakes.append(pose.t_ns)
        self._acc.append(acc)

    def anew(self) -> None:
        """A hole in the samples: where the dowel points now says nothing of before."""
        self._before_deg = None
        self._acc.clear()

    def within(self, start_ns: int, end_ns: int) -> Ranges:
        """Over the samples from ``start_ns`` to ``end_ns``; zeroes without any."""
        first = bisect_left(self._times_ns, start_ns)
        end = bisect_right(self._times_ns, end_ns)
        if first >= end:
            return Ranges(0.0, 0.0)
        sides, headings = self._sides_deg[first:end], self._headings_deg[first:end]
        return Ranges(max(sides) - min(sides), max(headings) - min(headings))

    def knocks_ns(self, start_ns: int, end_ns: int) -> tuple[int, ...]:
        """When the dowel was knocked between the two times."""
        shakes = list(self._shakes)
        inside = shakes[bisect_left(shakes, start_ns) : bisect_right(shakes, end_ns)]
        bursts: list[list[int]] = []
        for t_ns in inside:
            if bursts and t_ns - bursts[-1][1] <= BURST_NS:
                bursts[-1][1] = t_ns
            else:
                bursts.append([t_ns, t_ns])
        return tuple(first for first, last in bursts if last - first <= LONGEST_KNOCK_NS)
