"""The person's own good reps within a visit, so that build is not taken for a fault.

How deep the dowel lies behind the hips depends on girth, and shifts the measured drop of every
rep alike. What counts as excess is therefore counted from the person's own GOOD reps, within fixed
bounds: a habit cannot become the norm, and somebody who is knee-driven from rep one never has a
GOOD rep to learn from.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from statistics import median

from device.limits import LOG
from device.measures import Measured

LEAST_REPS = 5
KEEP = 30
LEAST_TILT_DEG = 30.0


class Baseline:
    """Excess drops of GOOD reps, as shares of stature."""

    def __init__(self, excess_shares: Iterable[float] = ()) -> None:
        """``excess_shares``: of the visits before, newest last."""
        self._excess: deque[float] = deque(excess_shares, maxlen=KEEP)

    @property
    def excess_shares(self) -> tuple[float, ...]:
        """All that is known, newest last."""
        return tuple(self._excess)

    def learn(self, measured: Measured, verdict: str, stature_m: float) -> None:
        """One more rep; only a full GOOD one teaches."""
        if verdict == "GOOD" and measured.peak_tilt_deg >= LEAST_TILT_DEG:
            self._excess.append(measured.excess_drop_mm / (1e3 * stature_m))

    def excess_share(self) -> float:
        """The limit of excess drop, per stature."""
        if len(self._excess) < LEAST_REPS:
            return LOG.excess_share
        own = median(self._excess) + LOG.excess_above_own
        return min(max(own, LOG.excess_least_share), LOG.excess_most_share)
