"""How far the hips went down, from the dowel's IMU alone.

Between two moments of known velocity the vertical acceleration is integrated twice; what
the initial velocity and the accelerometer's bias add is solved from what is known at the
ends (still, back at the same height), and the part of the IMU's rise that comes from tilting
is taken out: h = -[dz_imu - s(cos th - cos th0) - b(sin th - sin th0)].
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Anchor(NamedTuple):
    """How well the velocity is known at an end, and how well the bias at the start."""

    velocity_sd_mps: float
    bias_sd_mps2: float
    height_sd_m: float
    """How well people come back to the same height here."""


REST = Anchor(0.005, 0.01, 0.010)
"""Standing still: the bias was just measured."""
TOP = Anchor(0.03, 0.02, 0.012)
"""A pause between two repetitions."""
TURN = Anchor(0.08, 0.03, 0.040)
"""A reversal without a pause (touch and go)."""
UNKNOWN = Anchor(1.0, 0.03, 0.040)
"""Measuring began in the middle of a movement."""


class Path(NamedTuple):
    """Vertical movement of the IMU: metres and m/s, up positive, zero at the start."""

    rise_m: Array
    velocity_mps: Array
    rise_sd_m: Array
    """What the ends leave open of the rise (posterior standard deviation)."""


def close(
    t_s: Array,
    up_mps2: Array,
    start: Anchor,
    end: Anchor,
    end_rise_m: float | None,
    start_velocity_mps: float = 0.0,
    end_velocity_mps: float = 0.0,
) -> Path:
    """Integrate ``up_mps2`` (n,) over ``t_s`` (n,), closed by what is known at both ends.

    The initial velocity and a constant bias are the two unknowns of a weighted least-squares
    problem: priors ``v0 ~ start.velocity_sd``, ``bias ~ start.bias_sd``; observations: the end's
    velocity, and its rise ``end_rise_m`` where that is known (back at the top). The velocities at
    the ends are those that tilting gives the IMU while the hips stand still.
    """
    dt = np.diff(t_s)
    velocity = np.concatenate(([0.0], np.cumsum(0.5 * (up_mps2[1:] + up_mps2[:-1]) * dt)))
    rise = np.concatenate(([0.0], np.cumsum(0.5 * (velocity[1:] + velocity[:-1]) * dt)))
    length = float(t_s[-1] - t_s[0])
    # Unknowns (v0, bias): v = velocity + v0 + bias * t, z = rise + v0 * t + bias * t^2 / 2.
    # Each row is (a, b, value) of a * v0 + b * bias = value, in units of its own sd.
    rows = [
        (1.0 / start.velocity_sd_mps, 0.0, start_velocity_mps / start.velocity_sd_mps),
        (0.0, 1.0 / start.bias_sd_mps2, 0.0),
        (
            1.0 / end.velocity_sd_mps,
            length / end.velocity_sd_mps,
            (end_velocity_mps - float(velocity[-1])) / end.velocity_sd_mps,
        ),
    ]
    if end_rise_m is not None:
        height_sd = max(start.height_sd_m, end.height_sd_m)
        rows.append(
            (
                length / height_sd,
                0.5 * length * length / height_sd,
                (end_rise_m - float(rise[-1])) / height_sd,
            )
        )
    # Two unknowns: the normal equations by hand (numpy's solvers take five times as long).
    aa = sum(a * a for a, _, _ in rows)
    ab = sum(a * b for a, b, _ in rows)
    bb = sum(b * b for _, b, _ in rows)
    az = sum(a * z for a, _, z in rows)
    bz = sum(b * z for _, b, z in rows)
    det = aa * bb - ab * ab
    v0, bias = (bb * az - ab * bz) / det, (aa * bz - ab * az) / det
    since = t_s - t_s[0]
    half = 0.5 * since * since
    # (What is left open of them is the inverse of the same.)
    variance = (bb * since * since - 2.0 * ab * since * half + aa * half * half) / det
    return Path(
        rise + v0 * since + bias * half,
        velocity + v0 + bias * since,
        np.sqrt(np.maximum(variance, 0.0)),
    )


STILL_TAU_S = 1.0
"""How long the check of stillness remembers a movement."""


class Live:
    """The same, causally: the rise since the last anchor, sample by sample."""

    def __init__(self) -> None:
        self.rise_m = 0.0
        self.velocity_mps = 0.0
        self.bias_mps2 = 0.0
        self.slow_mps = 0.0
        """Velocity over about the last second. Anchors leave it alone, or one at every sample
        of a slow, even movement would make it look like standing."""
        self._last_up = 0.0
        self._last_ns: int | None = None

    def anchor(self, velocity_mps: float = 0.0) -> None:
        """The hips are still now; this height is zero. Tilting may move the IMU all the same."""
        self.rise_m = 0.0
        self.velocity_mps = velocity_mps

    def learn_bias(self, mean_up_mps2: float) -> None:
        """Standing still the vertical acceleration is all bias."""
        self.bias_mps2 = mean_up_mps2

    def update(self, t_ns: int, up_mps2: float, bias_share: float = 1.0) -> None:
        """``bias_share``: how much of the bias points up now; it lies along the dowel."""
        up = up_mps2 - bias_share * self.bias_mps2
        last_ns = self._last_ns
        if last_ns is not None:
            dt = (t_ns - last_ns) * 1e-9
            velocity = self.velocity_mps + 0.5 * (up + self._last_up) * dt
            self.rise_m += 0.5 * (velocity + self.velocity_mps) * dt
            self.velocity_mps = velocity
            kept = max(1.0 - dt / STILL_TAU_S, 0.0)
            self.slow_mps = kept * self.slow_mps + 0.5 * (up + self._last_up) * dt
        self._last_up = up
        self._last_ns = t_ns
