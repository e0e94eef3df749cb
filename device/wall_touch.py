"""What reaches the wall, and when: the hips (a tap), or something else before them.

Something else shows in a ranger well above the hips' one that sees a body at the wall, nearer than
the hips are; or in a knock on the dowel before the hips have tapped.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from device.signals import Signals
from device.turning import KEPT_S
from drivers.samples import TofSample

TAP_MM = 10.0
"""A tap: the hips came this near to the wall's face for about 60 ms (three ranges)."""
UPPER_MM = 30.0
"""Nearer than this to the wall's face something above the hips touches it."""
UPPER_ABOVE_M = 0.10
"""A ranger so far above the hips' one looks at the back."""
SETTLED = 3
"""Ranges running that must say so."""
BEFORE_TAP_NS = 100_000_000
"""A knock this shortly before the tap is seen may be the tap's own."""


class Touch(NamedTuple):
    """What came of a repetition at the wall; None = cannot be known, or did not happen."""

    tap_ns: int | None
    upper_gap_mm: float | None
    """What was left between the wall's face and the body above the hips, at the nearest."""
    knocks: int
    other_ns: int | None
    """When something else than the hips reached the wall."""


class Upper:
    """The ranges of all rangers over the last seconds."""

    def __init__(self, heights_m: tuple[float, ...]) -> None:
        self._heights_m = heights_m
        self._ranges: deque[tuple[int, int, float]] = deque(
            maxlen=round(KEPT_S * 50.0 * len(heights_m))
        )

    def add(self, ranger: int, sample: TofSample) -> None:
        """One ranging of one ranger."""
        if sample.valid and ranger < len(self._heights_m):
            self._ranges.append((sample.t_ns, ranger, sample.range_mm))

    def above(self, hips: int, start_ns: int, end_ns: int) -> dict[int, list[tuple[int, float]]]:
        """(t_ns, range_mm) of each ranger that looks well above the ranger ``hips``."""
        if hips >= len(self._heights_m):
            return {}
        least_m = self._heights_m[hips] + UPPER_ABOVE_M
        if max(self._heights_m) < least_m:
            return {}
        found: dict[int, list[tuple[int, float]]] = {}
        for t_ns, ranger, range_mm in self._ranges:
            if self._heights_m[ranger] >= least_m and start_ns <= t_ns <= end_ns:
                found.setdefault(ranger, []).append((t_ns, range_mm))
        return found


def touch(
    signals: Signals,
    upper: dict[int, list[tuple[int, float]]],
    start_ns: int,
    bottom_ns: int,
    end_ns: int,
    tapped: bool | None,
    recess_mm: float,
) -> Touch:
    """Args: ``upper`` as of ``Upper.above``; ``tapped`` whether the hips tapped at all."""
    hips = [(t, r) for t, r in signals.ranges if r is not None and start_ns <= t <= end_ns]
    tap_ns = _tap_ns(hips, recess_mm) if tapped else None
    gap_mm, upper_ns = _upper(upper, hips, recess_mm)
    until_ns = bottom_ns if tap_ns is None else tap_ns - BEFORE_TAP_NS
    knocks = signals.turning.knocks_ns(start_ns, end_ns)
    knock_ns = next((t_ns for t_ns in knocks if t_ns < until_ns), None)
    seen = [t_ns for t_ns in (upper_ns, knock_ns) if t_ns is not None]
    return Touch(tap_ns, gap_mm, len(knocks), min(seen, default=None))


def _tap_ns(hips: list[tuple[int, float]], recess_mm: float) -> int | None:
    """When the hips had reached the wall: as ``hips.hips_seen`` counts, the middle of five."""
    for i, (t_ns, _) in enumerate(hips):
        late = [range_mm for _, range_mm in hips[max(i - 4, 0) : i + 1]]
        if float(np.median(late)) - recess_mm <= TAP_MM:
            return t_ns
    return None


def _upper(
    upper: dict[int, list[tuple[int, float]]], hips: list[tuple[int, float]], recess_mm: float
) -> tuple[float | None, int | None]:
    """The least gap above the hips, and when the wall was reached there."""
    least_mm: float | None = None
    first_ns: int | None = None
    for ranges in upper.values():
        for i in range(SETTLED - 1, len(ranges)):
            t_ns = ranges[i][0]
            # All of them that near: a single stray range is no body.
            gap_mm = max(range_mm for _, range_mm in ranges[i - SETTLED + 1 : i + 1]) - recess_mm
            least_mm = gap_mm if least_mm is None else min(least_mm, gap_mm)
            known = first_ns is not None and first_ns <= t_ns
            if known or gap_mm >= UPPER_MM or gap_mm >= _hips_gap_mm(hips, t_ns, recess_mm):
                continue
            first_ns = t_ns
    return least_mm, first_ns


def _hips_gap_mm(hips: list[tuple[int, float]], t_ns: int, recess_mm: float) -> float:
    """How far the hips were from the wall's face; without a range nearby they are not there."""
    near = [range_mm for t, range_mm in hips if abs(t - t_ns) <= 60_000_000]
    return float(np.median(near)) - recess_mm if near else float("inf")
