"""The IMU of a dowel at rest: measured once for gravity, noise and drift."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.attitude import Attitude
from device.doctor.found import Found, skipped
from device.doctor.visit import Part, Visit, imu_samples
from device.mounting import rotation

BLOCK_S: Final = 0.25
STILL_DPS: Final = 0.6
STILL_MPS2: Final = 0.12
SDS: Final = 7.0
"""The extremes of 16 means on three axes lie so many of their standard deviations apart by noise
alone once in 100,000 times."""
GYRO_NOISE_DPS: Final = 0.5
ACCEL_NOISE_MPS2: Final = 0.15


class Rest(NamedTuple):
    """A resting IMU. Means and noise of one sample are rms over the axes."""

    accel_mps2: float
    gyro_dps: float
    gyro_noise_dps: float
    accel_noise_mps2: float
    drift_deg: float
    still: bool

    @property
    def quiet(self) -> bool:
        return self.gyro_noise_dps <= GYRO_NOISE_DPS and self.accel_noise_mps2 <= ACCEL_NOISE_MPS2


def rest_of(part: Part, visit: Visit) -> Rest:
    """What the samples say; noise is taken from sample to sample, so a movement is none."""
    samples = imu_samples(part)
    table = np.array([s[1:] for s in samples])
    accel, gyro = table[:, :3], np.degrees(table[:, 3:])
    n = max(2, round(BLOCK_S * part.driver.odr_hz))
    gyro_noise, accel_noise = _noise(gyro), _noise(accel)
    still = _steady(gyro, n, STILL_DPS, gyro_noise) and _steady(accel, n, STILL_MPS2, accel_noise)
    attitude = Attitude(part.driver.odr_hz, rotation(visit.config.imu.mounting))
    tilts = np.array([attitude.update(sample).tilt_abs_deg for sample in samples])
    return Rest(
        accel_mps2=float(np.linalg.norm(accel.mean(axis=0))),
        gyro_dps=float(np.linalg.norm(gyro.mean(axis=0))),
        gyro_noise_dps=gyro_noise,
        accel_noise_mps2=accel_noise,
        drift_deg=float(tilts[-n:].mean() - tilts[:n].mean()),
        still=still,
    )


def _noise(values: NDArray[np.float64]) -> float:
    steps = np.diff(values, axis=0)
    return float(np.sqrt((steps**2).mean() / 2.0))


def _steady(values: NDArray[np.float64], n: int, limit: float, noise: float) -> bool:
    blocks = [values[i : i + n].mean(axis=0) for i in range(0, len(values) - n + 1, n)]
    apart = float(np.ptp(np.array(blocks), axis=0).max())
    return apart <= max(limit, SDS * noise / math.sqrt(n))


def rest_or_why(visit: Visit) -> Rest | Found:
    parts = visit.judged("imu")
    if isinstance(parts, Found):
        return parts
    if len(parts[0].samples) < 2 * BLOCK_S * parts[0].driver.odr_hz:
        return skipped("too few samples to judge")
    rest = rest_of(parts[0], visit)
    return rest if rest.still else skipped("the dowel moves: hang it up and run again")
