"""What an IMU of ST makes of the motion it feels: bias, noise, settling, scale, saturation."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import NamedTuple

from drivers.sim.chip import Noise
from drivers.sim.scene import Scene

_AXES = struct.Struct("<3h")
_TEMP_RAW = 256  # 26 C: 1 C above the zero of the scale
_SETTLE_NS = 10e6
_SETTLE_RAD_S = math.radians(20.0)


class Setup(NamedTuple):
    """m/s2 and rad/s per count, self-test push, and noise against that of the reference rate."""

    accel_lsb: float
    gyro_lsb: float
    accel_push: float
    gyro_push: float
    accel_noise: float
    gyro_noise: float


class Motion:
    """Turns the scene into counts. ``latest`` holds OUT_TEMP .. OUTZ_H_A (14 bytes)."""

    def __init__(
        self,
        scene: Scene,
        noise: Noise,
        accel_bias: Sequence[float],
        gyro_bias: Sequence[float],
        accel_noise_ms2: float,
        gyro_noise_rad_s: float,
    ) -> None:
        self._scene = scene
        self._noise = noise
        self._accel_bias = tuple(accel_bias)
        self._gyro_bias = tuple(gyro_bias)
        self._accel_rms = accel_noise_ms2
        self._gyro_rms = gyro_noise_rad_s
        self.stuck: tuple[int, int, int, int, int, int] | None = None
        self.latest = bytearray(_TEMP_RAW.to_bytes(2, "little") + bytes(12))
        self.setup(Setup(1.0, 1.0, 0.0, 0.0, 1.0, 1.0))

    def setup(self, setup: Setup) -> None:
        """New scales; folded into one offset, gain and noise per axis for the sample path."""
        self._accel_gain = 1.0 / setup.accel_lsb
        self._gyro_gain = 1.0 / setup.gyro_lsb
        self._accel_off = tuple(b + setup.accel_push for b in self._accel_bias)
        self._gyro_off = tuple(b + setup.gyro_push for b in self._gyro_bias)
        self._accel_sd = self._accel_rms * setup.accel_noise
        self._gyro_sd = self._gyro_rms * setup.gyro_noise

    def sample(self, t_ns: int, count: int, turn_on_ns: int) -> tuple[bytes, bytes]:
        """(gyro, accel) as register bytes at ``t_ns``, sample ``count`` since the rate was set.

        ``turn_on_ns`` is how long the gyro has been on while it still settles, else -1.
        """
        if self.stuck is not None:
            return _AXES.pack(*self.stuck[:3]), _AXES.pack(*self.stuck[3:])
        ax, ay, az, gx, gy, gz = self._scene.imu(t_ns)
        nx, ny, nz, mx, my, mz = self._noise.take(6)
        sd, gain = self._gyro_sd, self._gyro_gain
        ox, oy, oz = self._gyro_off
        if turn_on_ns >= 0:
            drift = _SETTLE_RAD_S * math.exp(-turn_on_ns / _SETTLE_NS)
            ox, oy, oz = ox + drift, oy - drift, oz + drift
        gyro = (
            round((gx + ox + sd * nx) * gain),
            round((gy + oy + sd * ny) * gain),
            round((gz + oz + sd * nz) * gain),
        )
        sd, gain = self._accel_sd, self._accel_gain
        if count <= 2:
            gain *= 0.5 + 0.2 * count  # the filter fills
        ox, oy, oz = self._accel_off
        accel = (
            round((ax + ox + sd * mx) * gain),
            round((ay + oy + sd * my) * gain),
            round((az + oz + sd * mz) * gain),
        )
        try:
            return _AXES.pack(*gyro), _AXES.pack(*accel)
        except struct.error:  # beyond full scale
            return _AXES.pack(*map(_clip, gyro)), _AXES.pack(*map(_clip, accel))


def _clip(count: int) -> int:
    return min(max(count, -32768), 32767)
