"""Bias and drift at rest."""

from __future__ import annotations

from typing import Final

from device.doctor.found import Found, broken, degraded, ok, skipped
from device.doctor.rest import rest_or_why
from device.doctor.visit import Visit

BIAS_DPS: Final = 2.0
"""The filter learns a bias, but not within the second of a pick-up when it is larger."""
BIAS_BROKEN_DPS: Final = 10.0
DRIFT_DEG: Final = 0.5
"""Tilt may move by so much over the measurement, the filter at work."""


def imu_drift(visit: Visit) -> Found:
    rest = rest_or_why(visit)
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
