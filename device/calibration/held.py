"""What several steps ask of a dowel that is held still: upright, with nothing but gravity on it."""

from __future__ import annotations

from collections.abc import Sequence
from math import degrees
from statistics import fmean, pstdev

from device.calibration.axes import Vector, norm
from device.calibration.step import Complaint
from drivers.samples import ImuSample

GRAVITY_MPS2 = 9.80665
MOST_ACCEL_SD_MPS2 = 0.25
MOST_RATE_DPS = 3.0
"""Rest, as everywhere (``device.signals``)."""
MOST_OFF_MPS2 = 0.5
"""Of gravity's strength: an accelerometer is off by some 20 mg at most."""
LEAST_SAMPLES = 100


def force(samples: Sequence[ImuSample]) -> Vector:
    """Mean specific force in the chip's axes."""
    return (
        fmean(sample.ax for sample in samples),
        fmean(sample.ay for sample in samples),
        fmean(sample.az for sample in samples),
    )


def rates_rad_s(samples: Sequence[ImuSample]) -> Vector:
    """Mean angular rate in the chip's axes."""
    return (
        fmean(sample.gx for sample in samples),
        fmean(sample.gy for sample in samples),
        fmean(sample.gz for sample in samples),
    )


def too_few(samples: Sequence[ImuSample]) -> Complaint | None:
    """Whether there are too few samples to say anything: a complaint, or None."""
    if len(samples) >= LEAST_SAMPLES:
        return None
    return Complaint(
        "the IMU", f"{len(samples)} samples", f"at least {LEAST_SAMPLES}", "Check its cable."
    )


def not_still(samples: Sequence[ImuSample]) -> Complaint | None:
    """Whether it was held still: a complaint, or None."""
    few = too_few(samples)
    if few is not None:
        return few
    shaken = max(
        pstdev(axis)
        for axis in (
            [s.ax for s in samples],
            [s.ay for s in samples],
            [s.az for s in samples],
        )
    )
    bias = rates_rad_s(samples)
    turning_dps = degrees(
        fmean(norm((s.gx - bias[0], s.gy - bias[1], s.gz - bias[2])) for s in samples)
    )
    if shaken > MOST_ACCEL_SD_MPS2 or turning_dps > MOST_RATE_DPS:
        return Complaint(
            "the dowel", f"movement ({shaken:.2f} m/s2, {turning_dps:.1f} dps)",
            f"less than {MOST_ACCEL_SD_MPS2} m/s2 and {MOST_RATE_DPS:.0f} dps",
            "Press it against a door frame and hold it still.",
        )  # fmt: skip
    strength = norm(force(samples))
    if abs(strength - GRAVITY_MPS2) > MOST_OFF_MPS2:
        return Complaint(
            "the accelerometer", f"{strength:.2f} m/s2 at rest",
            f"{GRAVITY_MPS2:.2f} within {MOST_OFF_MPS2}",
            "Hold it still; if it stays so the chip is damaged.",
        )  # fmt: skip
    return None
