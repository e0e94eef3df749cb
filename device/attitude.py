"""Which way is up for the dowel: signed tilt and vertical acceleration, sample by sample.

Stands on VQF (Laidig & Seel, *Information Fusion* 91, 2023), 6-axis with its default time
constants, which measured best on public recordings with optical truth.
"""

from __future__ import annotations

from math import atan2, degrees, sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from vqf import VQF

from drivers.samples import ImuSample

GRAVITY = 9.80665
BIAS_SD_RAD_S = 0.0044
"""0.25 dps: what a calibrated bias may have drifted by, with the warmth above all."""
_DEG = 57.29577951308232

Mounting = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
"""Rows: the dowel's x (up), y (left), z (to the wall) in the chip's axes."""

AS_BUILT: Mounting = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


class Pose(Struct, frozen=True, gc=False):
    """The dowel at one sample."""

    t_ns: int
    tilt_abs_deg: float
    """From vertical in the person's sagittal plane, forward positive, not yet zeroed."""
    side_deg: float
    """Lean to the person's left, positive."""
    rate_dps: float
    """Magnitude of the angular rate."""
    up_mps2: float
    """Vertical acceleration, gravity removed, up positive."""
    heading_deg: float
    """Where the dowel's left axis points on the floor, to the left positive; its zero is
    arbitrary, and it drifts."""


class Attitude:
    """Filters one IMU. A turn within a gap in the samples is not seen: see ``anew``."""

    def __init__(
        self,
        odr_hz: float,
        mounting: Mounting = AS_BUILT,
        gyro_bias_rad_s: tuple[float, float, float] | None = None,
    ) -> None:
        """``gyro_bias_rad_s``: as calibrated, in the dowel's axes; the filter goes on learning."""
        self._odr_hz = odr_hz
        self._mounting = None if mounting == AS_BUILT else mounting
        self._filter = VQF(1.0 / odr_hz)
        if gyro_bias_rad_s is not None:
            self._filter.setBiasEstimate(np.array(gyro_bias_rad_s), BIAS_SD_RAD_S)
        self._gyr: NDArray[np.float64] = np.zeros(3)
        self._acc: NDArray[np.float64] = np.zeros(3)

    def anew(self) -> Attitude:
        """A filter that knows the gyroscope's bias and nothing else: after a long gap."""
        fresh = Attitude(self._odr_hz, self._mounting or AS_BUILT)
        fresh._filter.setBiasEstimate(self._filter.getBiasEstimate()[0])
        return fresh

    def update(self, sample: ImuSample) -> Pose:
        t_ns, ax, ay, az, gx, gy, gz = sample
        rows = self._mounting
        if rows is not None:
            (a, b, c), (d, e, f), (g, h, i) = rows
            ax, ay, az = (
                a * ax + b * ay + c * az,
                d * ax + e * ay + f * az,
                g * ax + h * ay + i * az,
            )
            gx, gy, gz = (
                a * gx + b * gy + c * gz,
                d * gx + e * gy + f * gz,
                g * gx + h * gy + i * gz,
            )
        gyr, acc = self._gyr, self._acc
        gyr[0], gyr[1], gyr[2] = gx, gy, gz
        acc[0], acc[1], acc[2] = ax, ay, az
        self._filter.update(gyr, acc)
        w, x, y, z = self._filter.getQuat6D().tolist()
        # The vertical in the dowel's axes: the third row of the rotation to the earth frame.
        up_x = 2.0 * (x * z - w * y)
        up_y = 2.0 * (y * z + w * x)
        up_z = 1.0 - 2.0 * (x * x + y * y)
        return Pose(
            t_ns,
            degrees(atan2(up_z, up_x)),
            degrees(atan2(up_y, sqrt(up_x * up_x + up_z * up_z))),
            _DEG * sqrt(gx * gx + gy * gy + gz * gz),
            ax * up_x + ay * up_y + az * up_z - GRAVITY,
            degrees(atan2(2.0 * (w * z - x * y), 1.0 - 2.0 * (x * x + z * z))),
        )
