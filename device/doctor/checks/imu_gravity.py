"""Does a resting dowel feel gravity, and no more?"""

from __future__ import annotations

from typing import Final

from device.attitude import GRAVITY
from device.doctor.found import Found, broken, degraded, ok
from device.doctor.rest import rest_or_why
from device.doctor.visit import Visit

OFF_SHARE: Final = 0.03
"""Zero offsets of these parts reach 40 mg, scale errors 1 %."""
BROKEN_SHARE: Final = 0.15


def imu_gravity(visit: Visit) -> Found:
    rest = rest_or_why(visit)
    if isinstance(rest, Found):
        return rest
    off = rest.accel_mps2 / GRAVITY - 1.0
    words = f"{rest.accel_mps2:.2f} m/s2 at rest, {100 * off:+.1f} % of gravity"
    figures = {"accel_mps2": round(rest.accel_mps2, 3), "off_share": round(off, 4)}
    if abs(off) > BROKEN_SHARE:
        return broken(words, figures)
    return degraded(words, figures) if abs(off) > OFF_SHARE else ok(words, figures)
