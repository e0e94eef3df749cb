"""How smoothly the trunk moves: the spectral arc length of its tilt rate.

SPARC after Balasubramanian, Melendez-Calderon, Roby-Brami and Burdet, "On the analysis of
movement smoothness", J NeuroEng Rehabil 12:112 (2015): the negative length of the line that the
normalised magnitude spectrum of the speed draws up to where it dies away. A single smooth push is
about -1.4 to -1.6, whatever its length or size; every extra wiggle makes it more negative. Taken
over the way down and the way up on their own: a rep is two movements, and the pause between
them is no lack of smoothness.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_HZ = 10.0
"""The authors' limit: what is faster is no voluntary movement."""
LEAST_SHARE = 0.05
"""Of the spectrum's peak: what is below at the upper end does not count."""
PADDING = 4
"""Zeros, in powers of two, that make the spectrum's line fine."""
LEAST_SAMPLES = 20


def sparc(speed: Array, rate_hz: float) -> float | None:
    """Of an evenly sampled ``speed`` (n,); None when there is too little of it.

    Unit-free, 0 at most; the more negative, the less smooth.
    """
    if len(speed) < LEAST_SAMPLES or float(np.max(np.abs(speed))) <= 0.0:
        return None
    points = 2 ** (int(np.ceil(np.log2(len(speed)))) + PADDING)
    frequency = np.arange(points // 2) * rate_hz / points
    magnitude = np.abs(np.fft.rfft(speed, points))[: points // 2]
    magnitude /= np.max(magnitude)
    low = frequency <= MOST_HZ
    frequency, magnitude = frequency[low], magnitude[low]
    last = int(np.flatnonzero(magnitude >= LEAST_SHARE)[-1])
    if last < 1:
        return None
    frequency, magnitude = frequency[: last + 1], magnitude[: last + 1]
    along = np.diff(frequency) / (frequency[-1] - frequency[0])
    return -float(np.sum(np.hypot(along, np.diff(magnitude))))


def smoothness(tilt_deg: Array, t_s: Array, bottom: int) -> float | None:
    """Mean SPARC of the way down (to the sample ``bottom``) and the way up (from it).

    ``tilt_deg``, ``t_s`` (n,). None when neither way is long enough.
    """
    if len(t_s) < 2:
        return None
    rate_hz = (len(t_s) - 1) / float(t_s[-1] - t_s[0])
    speed = np.abs(np.gradient(tilt_deg, t_s))
    ways = (sparc(speed[: bottom + 1], rate_hz), sparc(speed[bottom:], rate_hz))
    found = [way for way in ways if way is not None]
    return sum(found) / len(found) if found else None
