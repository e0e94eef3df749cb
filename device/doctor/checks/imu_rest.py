"""The IMU while the dowel rests: gravity, noise, bias and drift."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.attitude import GRAVITY, Attitude
from device.doctor.found import Found, broken, degraded, ok, skipped
from device.doctor.visit import Part, Visit, imu_samples
from device.mounting import rotation

BLOCK_S: Final = 0.25
STILL_DPS: Final = 0.6
STILL_MPS2: Final = 0.12
SDS: Final = 5.0
"""Means of blocks may differ by so many of their own standard deviations: that is noise."""
GRAVITY_SHARE: Final = 0.03
"""Zero offsets of these parts reach 40 mg, scale errors 1 %."""
GRAVITY_BROKEN: Final = 0.15
GYRO_NOISE_DPS: Final = 0.5
ACCEL_NOISE_MPS2: Final = 0.15
BIAS_DPS: Final = 2.0
"""The filter learns a bias, but not within the second of a pick-up when it is larger."""
BIAS_BROKEN_DPS: Final = 10.0
DRIFT_DEG: Final = 0.5
"""Tilt may move by so much over the measurement, the filter at work."""


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


def _rest(visit: Visit) -> Rest | Found:
    parts = visit.judged("imu")
    if isinstance(parts, Found):
        return parts
    if len(parts[0].samples) < 2 * BLOCK_S * parts[0].driver.odr_hz:
        return skipped("too few samples to judge")
    rest = rest_of(parts[0], visit)
    return rest if rest.still else skipped("the dowel moves: hang it up and run again")


def imu_gravity(visit: Visit) -> Found:
    rest = _rest(visit)
    if isinstance(rest, Found):
        return rest
    off = rest.accel_mps2 / GRAVITY - 1.0
    words = f"{rest.accel_mps2:.2f} m/s2 at rest, {100 * off:+.1f} % of gravity"
    figures = {"accel_mps2": round(rest.accel_mps2, 3), "off_share": round(off, 4)}
    if abs(off) > GRAVITY_BROKEN:
        return broken(words, figures)
    return degraded(words, figures) if abs(off) > GRAVITY_SHARE else ok(words, figures)


def imu_noise(visit: Visit) -> Found:
    rest = _rest(visit)
    if isinstance(rest, Found):
        return rest
    words = f"{rest.gyro_noise_dps:.2f} dps and {rest.accel_noise_mps2:.3f} m/s2 rms"
    figures = {
        "gyro_noise_dps": round(rest.gyro_noise_dps, 3),
        "accel_noise_mps2": round(rest.accel_noise_mps2, 4),
    }
    return ok(words, figures) if rest.quiet else degraded(words, figures)


def imu_drift(visit: Visit) -> Found:
    rest = _rest(visit)
    if isinstance(rest, Found):
        return rest
    if not rest.quiet:
        return skipped("too noisy to tell a drift")
    words = f"bias {rest.gyro_dps:.2f} dps, tilt moved {rest.drift_deg:+.2f} deg"
    figures = {
        "gyro_bias_dps": round(rest.gyro_dps, 3),
        "tilt_drift_deg": round(rest.drift_deg, 3),
    }
    if rest.gyro_dps > BIAS_BROKEN_DPS:
        return broken(words, figures)
    bad = rest.gyro_dps > BIAS_DPS or abs(rest.drift_deg) > DRIFT_DEG
    return degraded(words, figures) if bad else ok(words, figures)
