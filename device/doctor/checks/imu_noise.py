"""How noisy is a resting IMU?"""

from __future__ import annotations

from device.doctor.found import Found, degraded, ok
from device.doctor.rest import rest_or_why
from device.doctor.visit import Visit


def imu_noise(visit: Visit) -> Found:
    rest = rest_or_why(visit)
    if isinstance(rest, Found):
        return rest
    words = f"{rest.gyro_noise_dps:.2f} dps and {rest.accel_noise_mps2:.3f} m/s2 rms"
    figures = {
        "gyro_noise_dps": round(rest.gyro_noise_dps, 3),
        "accel_noise_mps2": round(rest.accel_noise_mps2, 4),
    }
    return ok(words, figures) if rest.quiet else degraded(words, figures)
