"""Several rangers on the wall, one above the other: which one faces the hips?

A beam 10 cm below to 5 cm above the hip joint follows the hips; outside that the hinge ratio is
worth nothing (good reps of the body model called "hips not back": 66 % at 10 cm above, at most
2 % within). So the nearest in height is taken where the stature is known, else the one with
the nearest return at rest: the buttock stands out furthest.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import NamedTuple

from device.anthropometry import HIP_HEIGHT
from drivers.samples import TofSample

AIM_BELOW_M = 0.03
"""A beam a little below the joint meets the buttock best."""
LOWEST_M, HIGHEST_M = -0.10, 0.05
"""Beam height minus hip height within which travel can be judged."""
KEEP = 12
"""About 0.3 s of ranges at 40 Hz."""


class Choice(NamedTuple):
    """The ranger to follow, and whether its height lets the hinge ratio be judged."""

    ranger: int
    judged: bool
    note: str | None
    """What to tell the technician or trainer when it does not."""


class Rangers:
    """Remembers what each ranger saw last, and chooses at rest."""

    def __init__(self, heights_m: tuple[float, ...]) -> None:
        self._heights_m = heights_m
        self._recent: tuple[deque[TofSample], ...] = tuple(deque(maxlen=KEEP) for _ in heights_m)

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

    def choose(self, stature_m: float | None) -> Choice:
        """For somebody standing at rest; ``stature_m`` None when it is not known."""
        if stature_m is not None:
            hip_m = HIP_HEIGHT * stature_m
            best = min(
                range(len(self._heights_m)),
                key=lambda i: abs(self._heights_m[i] - (hip_m - AIM_BELOW_M)),
            )
            off_m = self._heights_m[best] - hip_m
            if LOWEST_M <= off_m <= HIGHEST_M:
                return Choice(best, True, None)
            word = "above" if off_m > 0 else "below"
            return Choice(
                best,
                False,
                f"beam {abs(off_m) * 100:.0f} cm {word} the hips: travel not judged",
            )
        seen = [
            (median(sample.range_mm for sample in samples), i)
            for i, samples in enumerate(self._recent)
            if samples
        ]
        return Choice(min(seen)[1] if seen else 0, True, None)
