"""Is it the hips that the ranger sees, or a hem that hangs off them?

A hem swings like a pendulum behind hips that speed up and slow down; skin does not. So the range
within a repetition is explained by least squares from what the tilt asks of the hips: their way,
their speed (a person whose hips lead or lag), and the way of a pendulum hung on them. How much of
the pendulum is in it tells the two apart: about 0 for skin, 1 for a hem that hangs free.
"""

from __future__ import annotations

from collections import deque
from math import pi, sqrt
from statistics import median

import numpy as np
from numpy.typing import NDArray

from device.signals import Signals

Array = NDArray[np.float64]

SWING_HZ = 1.0
"""A free hem of 25 to 35 cm swings at 0.85 to 1 Hz."""
DAMPING = 0.15
GRID_S = 0.01
_DRAG = 1.0 - 4.0 * pi * SWING_HZ * DAMPING * GRID_S
_HALF = 0.5 * (1.0 + _DRAG - (2.0 * pi * SWING_HZ * GRID_S) ** 2)
POLE = complex(_HALF, sqrt(_DRAG - _HALF * _HALF))
"""What each step multiplies a swing with, in the complex plane."""
LEAST_TILT_DEG = 20.0
LEAST_RANGES = 30
LEAST_SWING_MM = 4.0
"""A hem that would swing less than this in such a slow movement says nothing."""
HEM_SHARE, TWICE_SHARE = 0.45, 0.52
"""It is a hem from this median of three reps or more on, or when the first two both pass the
second (body model: medians of 0.5 to 0.8 with a hem; single reps without one reach 0.9, medians
0.37)."""
SKIN_SHARE = 0.3
REPS = 5


def hem_share(
    signals: Signals,
    start_ns: int,
    end_ns: int,
    t_s: Array,
    tilt_abs_deg: Array,
    peak_tilt_deg: float,
) -> float | None:
    """How much of a free hem's swing is in the range; None when the rep cannot tell.

    ``t_s`` (n,) from the start, ``tilt_abs_deg`` (n,); the beam has not left the hips.
    """
    seen = [
        ((t - start_ns) * 1e-9, r)
        for t, r in signals.ranges
        if r is not None and start_ns <= t <= end_ns
    ]
    if peak_tilt_deg < LEAST_TILT_DEG or len(seen) < LEAST_RANGES:
        return None
    time_s = np.arange(0.0, t_s[-1], GRID_S)
    way = np.sin(np.radians(np.interp(time_s, t_s, tilt_abs_deg)))
    way = _smooth(way - way[0])
    speed = np.gradient(way, GRID_S)
    swing = _swing(np.gradient(speed, GRID_S))
    at_s, range_mm = np.asarray(seen).T
    columns = [np.interp(at_s, time_s, one) for one in (way, speed, swing)]
    design = np.column_stack([*columns, np.ones(len(at_s))])
    fit, *_ = np.linalg.lstsq(design, range_mm, rcond=None)
    per_sine_mm, _, with_swing_mm, _ = fit
    swing_mm = abs(per_sine_mm) * float(np.std(columns[2]))
    if per_sine_mm >= 0.0 or swing_mm < LEAST_SWING_MM:
        return None
    # Hips that go to the wall shorten the range, a hem left behind lengthens it.
    return float(with_swing_mm / per_sine_mm)


def _smooth(values: Array) -> Array:
    kernel = np.ones(9) / 9
    padded = np.pad(values, 4, mode="edge")
    return np.convolve(padded, kernel, mode="valid")


def _swing(accel: Array) -> Array:
    """Where a pendulum is that hangs from what moves with ``accel``, relative to it: in steps of
    speed' = speed + g (-accel - 2 d w speed - w^2 place), place' = place + g speed'."""
    # The response to one push, Im(pole^n) / Im(pole) from n = 1 on, summed over all pushes at once.
    powers = np.cumprod(np.full(len(accel), POLE))
    # (powers[k] is pole^(k+1); what decays over 15 s stays within 1e-6: no precision is lost.)
    summed = POLE * powers * np.cumsum(accel / powers)
    place: Array = -(GRID_S**2) / POLE.imag * summed.imag
    return place


class HemWatch:
    """Over the reps of one person: is it a hem?"""

    def __init__(self) -> None:
        self._shares: deque[float] = deque(maxlen=REPS)
        self.is_hem = False

    def add(self, share: float | None) -> None:
        """One more rep; ``None`` says nothing."""
        if share is None:
            return
        self._shares.append(share)
        middle = median(self._shares)
        if self.is_hem:
            self.is_hem = middle > SKIN_SHARE
        elif len(self._shares) == 2:
            self.is_hem = min(self._shares) > TWICE_SHARE
        else:
            self.is_hem = len(self._shares) > 2 and middle > HEM_SHARE
