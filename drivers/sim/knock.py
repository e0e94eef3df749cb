"""The dowel hitting the wall: the knock its IMU feels.

An end of the dowel that reaches the wall's face is stopped there; the dowel pivots on the back
and takes on part of the speed, and the body, which goes on, takes it along again. Shape and size
are assumptions: hard wood on a wall is over in about a hundredth of a second.
"""

from __future__ import annotations

import numpy as np

from drivers.sim.smooth import Array

PASSED_ON = 0.5
"""Share of the end's speed that the IMU's place loses."""
HIT_S = 0.010
RECOVERY_S = 0.060
"""Within this the body has brought the dowel back to its own speed."""


def knocks_mps2(ends_fwd_m: Array, wall_fwd_m: float, rate_hz: float) -> Array:
    """Forward acceleration (n,) that knocks give the IMU.

    ``ends_fwd_m`` (n, k): forward place of each end of the dowel; the wall is behind.
    """
    n = len(ends_fwd_m)
    push = np.zeros(n)
    speed = np.gradient(ends_fwd_m, 1 / rate_hz, axis=0) if n > 1 else np.zeros_like(ends_fwd_m)
    beyond = ends_fwd_m <= wall_fwd_m
    for end in range(ends_fwd_m.shape[1]):
        reached = np.flatnonzero(beyond[1:, end] & ~beyond[:-1, end]) + 1
        for at in reached.tolist():
            lost_mps = PASSED_ON * max(-float(speed[at, end]), 0.0)
            push += lost_mps * (_pulse(n, at, HIT_S, rate_hz))
            after = at + round(HIT_S * rate_hz)
            push -= lost_mps * _pulse(n, after, RECOVERY_S, rate_hz)
    return push


def _pulse(n: int, at: int, length_s: float, rate_hz: float) -> Array:
    """Half a sine of ``length_s`` from sample ``at`` on, with an area of 1 (per s)."""
    since_s = (np.arange(n) - at) / rate_hz
    inside = (since_s >= 0) & (since_s <= length_s)
    wave = np.where(inside, np.sin(np.pi * since_s / length_s), 0.0)
    pulse: Array = wave * np.pi / (2 * length_s)
    return pulse
