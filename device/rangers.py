"""Several rangers on the wall, one above the other: which one faces the hips?

A beam 10 cm below to 5 cm above the hip joint follows the hips; outside that the hinge ratio is
worth nothing (good reps of the body model called "hips not back": 66 % at 10 cm above, at most
2 % within). So the nearest in height is taken where the stature is known, else the one with
the nearest return at rest: the buttock stands out furthest. Of two that are about as near the
lower one is taken, because a beam above the joint loses the hips as they sink; not where the next
above sees much further: that is no back but the upper edge of a hem.

Where a ranger has a neighbour on either side, the three ranges draw the outline's bow, whose apex
is the hip joint's height (body model, statures of 1.55 to 1.78 m: to 3 cm). It stands for the
stature that nobody typed.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import NamedTuple

from device.anthropometry import DEFAULT_STATURE_M, HIP_HEIGHT
from drivers.samples import TofSample

AIM_BELOW_M = 0.03
"""A beam a little below the joint meets the buttock best."""
LOWEST_M, HIGHEST_M = -0.10, 0.05
"""Beam height minus hip height within which travel can be judged."""
ABOUT_AS_NEAR_MM = 10.0
HEM_MM = 35.0
"""From one ranger to the next above it a back recedes less (body model: at most 25 mm)."""
EDGE_M = 0.02
"""Hips that only the lowest or the highest ranger faces lie this far beyond it, on average."""
LEAST_BOW = 300.0
"""A flatter outline (mm per m^2) has no apex to speak of."""
APEX_M = 0.005
"""The apex shows this much lower than the joint: the dowel's end and the thighs."""
SHORTEST_M, TALLEST_M = 1.5, 2.0
KEEP = 12
"""About 0.3 s of ranges at 40 Hz."""


class Choice(NamedTuple):
    """The ranger to follow, and whether its height lets the hinge ratio be judged."""

    ranger: int
    judged: bool
    note: str | None
    """What to tell the technician or trainer when it does not."""
    stature_m: float
    """Typed, or from where the hips are seen."""
    beam_m: float | None
    """How far above the hip joint it looks; None when its height is not known."""


class Rangers:
    """Remembers what each ranger saw last, and chooses at rest."""

    def __init__(self, heights_m: tuple[float, ...] | None, stature_m: float | None) -> None:
        """Lowest first; None when they are not known, or the stature is not."""
        self._heights_m = heights_m or (0.0,)
        self._known = heights_m is not None
        self._typed_m = stature_m
        self._recent: tuple[deque[TofSample], ...] = tuple(
            deque(maxlen=KEEP) for _ in self._heights_m
        )

    def add(self, ranger: int, sample: TofSample) -> None:
        """One ranging of one ranger; a miss forgets what that ranger saw before."""
        if ranger >= len(self._recent):
            return
        if sample.valid:
            self._recent[ranger].append(sample)
        else:
            self._recent[ranger].clear()

    def recent(self, ranger: int) -> tuple[TofSample, ...]:
        """The last valid ranges of one ranger, oldest first."""
        return tuple(self._recent[ranger])

    def choose(self) -> Choice:
        """For somebody standing at rest."""
        if not self._known:
            return Choice(0, True, None, self._typed_m or DEFAULT_STATURE_M, None)
        return self._unknown() if self._typed_m is None else self._typed(self._typed_m)

    def _typed(self, stature_m: float) -> Choice:
        hip_m = HIP_HEIGHT * stature_m
        best = min(
            range(len(self._heights_m)),
            key=lambda i: abs(self._heights_m[i] - (hip_m - AIM_BELOW_M)),
        )
        off_m = self._heights_m[best] - hip_m
        if LOWEST_M <= off_m <= HIGHEST_M:
            return Choice(best, True, None, stature_m, off_m)
        word = "above" if off_m > 0 else "below"
        note = f"beam {abs(off_m) * 100:.0f} cm {word} the hips: travel not judged"
        return Choice(best, False, note, stature_m, off_m)

    def _unknown(self) -> Choice:
        near_mm = [
            median(sample.range_mm for sample in samples) if samples else None
            for samples in self._recent
        ]
        seen = [mm for mm in near_mm if mm is not None]
        limit_mm = min(seen) + ABOUT_AS_NEAR_MM if seen else 0.0
        near = [i for i, mm in enumerate(near_mm) if mm is not None and mm <= limit_mm]
        above_mm = near_mm[near[-1] + 1] if near and near[-1] + 1 < len(near_mm) else None
        hem = above_mm is not None and above_mm - limit_mm > HEM_MM
        best = near[-1 if hem else 0] if near else 0
        stature_m = min(max(self._hip_m(best, near_mm) / HIP_HEIGHT, SHORTEST_M), TALLEST_M)
        return Choice(best, True, None, stature_m, self._heights_m[best] - HIP_HEIGHT * stature_m)

    def _hip_m(self, best: int, near_mm: list[float | None]) -> float:
        """Height of the hip joint of somebody whom ranger ``best`` faces."""
        heights_m = self._heights_m
        if len(heights_m) == 1:
            return heights_m[0] + AIM_BELOW_M
        for at in (best, best + 1):
            apex_m = self._apex_m(at, near_mm)
            if apex_m is not None and apex_m - heights_m[best] <= -LOWEST_M:
                return apex_m
        if best == 0:
            return heights_m[0] + EDGE_M
        return heights_m[best] + (0.0 if best == len(heights_m) - 1 else EDGE_M)

    def _apex_m(self, at: int, near_mm: list[float | None]) -> float | None:
        """Where the bow through ranger ``at`` and its two neighbours is nearest to the wall."""
        if not 0 < at < len(self._heights_m) - 1:
            return None
        low, middle, high = near_mm[at - 1 : at + 2]
        if low is None or middle is None or high is None:
            return None
        below_m = self._heights_m[at] - self._heights_m[at - 1]
        above_m = self._heights_m[at + 1] - self._heights_m[at]
        fall, rise = (middle - low) / below_m, (high - middle) / above_m
        bow = (rise - fall) / (below_m + above_m)
        if bow < LEAST_BOW:
            return None
        # The parabola's slope at the middle of the lower two is ``fall``.
        return self._heights_m[at] - 0.5 * below_m - fall / (2.0 * bow) + APEX_M
