"""What an IMU on the dowel feels, from rigid-body motion.

Chip axes: x up the dowel, y to the person's left, z back to the wall. The dowel leans by th
forward (pitch), then by la to the right about its own forward axis (roll), and turns about
the vertical (yaw). The IMU sits ``up_m`` up the dowel from the hip joint and ``behind_m``
behind it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from drivers.sim.smooth import Array

GRAVITY = 9.80665
IMU_UP_M = 0.10
IMU_BEHIND_M = 0.14
CLIP_UP_M = 0.08
CLIP_BEHIND_M = 0.12
"""The IMU off the dowel, clipped over the sacrum: it goes with the pelvis."""

Worn = Literal["dowel", "clip"]
"""What carries the IMU."""


class Moving(NamedTuple):
    """Quantities (n, k) with their first and second derivatives in time."""

    value: Array
    rate: Array
    accel: Array


def imu_series(
    hip: Moving,
    turn: Moving,
    up_m: float = IMU_UP_M,
    behind_m: float = IMU_BEHIND_M,
) -> Array:
    """Specific force in m/s2 and rate in rad/s (n, 6) in chip axes.

    ``hip`` has forward and up in metres (n, 2), or forward, left and up (n, 3); ``turn`` pitch,
    roll and yaw in radians (n, 3). At rest upright: (9.80665, 0, 0, 0, 0, 0). The hip's
    acceleration is taken in the plane that yaw has turned, so yaw counts by its rate only.
    """
    pitch, roll, _ = turn.value.T
    dp, dr, dy = turn.rate.T
    ddp, ddr, ddy = turn.accel.T
    sp, cp, sr, cr = np.sin(pitch), np.cos(pitch), np.sin(roll), np.cos(roll)
    # Body axes: forward, left, up. R = Rz(yaw) Ry(pitch) Rx(roll); rates as for any
    # yaw-pitch-roll sequence.
    spin = np.stack([dr - dy * sp, dp * cr + dy * sr * cp, -dp * sr + dy * cr * cp], axis=1)
    spin_dot = np.stack(
        [
            ddr - ddy * sp - dy * dp * cp,
            ddp * cr - dp * dr * sr + ddy * sr * cp + dy * (dr * cr * cp - dp * sr * sp),
            -ddp * sr - dp * dr * cr + ddy * cr * cp - dy * (dr * sr * cp + dp * cr * sp),
        ],
        axis=1,
    )
    fwd = hip.accel[:, 0]
    left = hip.accel[:, 1] if hip.accel.shape[1] == 3 else np.zeros(len(fwd))
    up = hip.accel[:, -1] + GRAVITY
    # R transposed on (fwd, left, up).
    down_fwd = sp * fwd + cp * up
    force = np.stack(
        [cp * fwd - sp * up, sr * down_fwd + cr * left, cr * down_fwd - sr * left], axis=1
    )
    arm = np.broadcast_to(np.array([-behind_m, 0.0, up_m]), spin.shape)
    force = force + np.cross(spin_dot, arm) + np.cross(spin, np.cross(spin, arm))
    return np.stack(
        [force[:, 2], force[:, 1], -force[:, 0], spin[:, 2], spin[:, 1], -spin[:, 0]], axis=1
    )
