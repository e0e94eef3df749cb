"""Gyroscope bias: the dowel lies still, so whatever the gyroscope reads is bias."""

from __future__ import annotations

from collections.abc import Mapping
from math import degrees, sqrt
from statistics import fmean, pstdev

from device.calibration.axes import angle_deg
from device.calibration.held import too_few
from device.calibration.step import (
    Complaint,
    Found,
    Gathered,
    Ground,
    Phase,
    Samples,
    Step,
    with_calibrated,
)
from device.config_model import Config

SECONDS = 8.0
MOST_BIAS_DPS = 10.0
"""The LSM6DSOX promises 1 dps (typical), the MPU-6050 20 dps at the worst: past this it is hurt."""
MOST_RATE_SD_DPS = 0.5
MOST_ACCEL_SD_MPS2 = 0.15
MOVED_DPS = 0.1
"""Between the first and the second half: it was turned, or warms up."""
TURNED_DEG = 0.2
"""Of gravity, from half to half: an even turn looks like a bias otherwise."""


def _phases(ground: Ground) -> tuple[Phase, ...]:
    return (Phase("still", "Lay the dowel on the floor and let go of it.", SECONDS),)


def _axes(got: Gathered) -> tuple[list[float], list[float], list[float]]:
    """Rates by axis in dps."""
    return (
        [degrees(sample.gx) for sample in got.imu],
        [degrees(sample.gy) for sample in got.imu],
        [degrees(sample.gz) for sample in got.imu],
    )


def _result(ground: Ground, samples: Samples) -> Found | Complaint:
    got = samples["still"]
    few = too_few(got.imu)
    if few is not None:
        return few
    axes = _axes(got)
    force = [[s.ax for s in got.imu], [s.ay for s in got.imu], [s.az for s in got.imu]]
    shaken_mps2 = max(map(pstdev, force))
    if shaken_mps2 > MOST_ACCEL_SD_MPS2 or max(map(pstdev, axes)) > MOST_RATE_SD_DPS:
        return Complaint(
            "the dowel", f"movement ({shaken_mps2:.2f} m/s2, {max(map(pstdev, axes)):.2f} dps rms)",
            f"less than {MOST_ACCEL_SD_MPS2} m/s2 and {MOST_RATE_SD_DPS} dps",
            "Lay it down, hands off, and begin again.",
        )  # fmt: skip
    half = len(got.imu) // 2
    drift_dps = max(abs(fmean(axis[half:]) - fmean(axis[:half])) for axis in axes)
    if drift_dps > MOVED_DPS:
        return Complaint(
            "the gyroscope", f"a rate that changes by {drift_dps:.2f} dps",
            f"less than {MOVED_DPS} dps", "Let it warm up for some minutes, hands off.",
        )  # fmt: skip
    turned_deg = angle_deg(
        [fmean(axis[:half]) for axis in force], [fmean(axis[half:]) for axis in force]
    )
    if turned_deg > TURNED_DEG:
        return Complaint(
            "the dowel", f"a turn by {turned_deg:.1f} deg", f"less than {TURNED_DEG} deg",
            "Lay it where it cannot roll, hands off, and begin again.",
        )  # fmt: skip
    bias = [fmean(axis) for axis in axes]
    if max(map(abs, bias)) > MOST_BIAS_DPS:
        return Complaint(
            "the gyroscope", f"{max(bias, key=abs):+.1f} dps at rest",
            f"at most {MOST_BIAS_DPS:.0f} dps", "Is it really still? Else the chip is damaged.",
        )  # fmt: skip
    noise = [pstdev(axis) for axis in axes]
    return Found(
        {"bias_dps": bias},
        {"noise_dps": noise, "standard_error_dps": [sd / sqrt(len(got.imu)) for sd in noise]},
    )


def _put(config: Config, values: Mapping[str, list[float]]) -> Config:
    x, y, z = values["bias_dps"]
    return with_calibrated(config, gyro_bias_dps=(x, y, z))


GYRO = Step(
    "gyro",
    "Gyroscope bias, with the dowel at rest",
    place="dowel",
    sensor="imu",
    phases=_phases,
    result=_result,
    depends=("imu.chip", "imu.gyro_dps"),
    put=_put,
    best_days=30,
)
