"""What an MPU-6050 makes of the motion it feels: delay, bias, noise, settling, saturation."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import NamedTuple

from drivers.sim.chip import Noise
from drivers.sim.scene import Scene

_AXES = struct.Struct(">6h")
_START_NS = 30_000_000
_SETTLE_NS = 6e6
_SETTLE_RAD_S = math.radians(20.0)


class Scales(NamedTuple):
    """Counts per m/s2 and per rad/s, noise against that at 98 Hz, delays of the filters, and
    the axes in standby (bits of PWR_MGMT_2: accel x y z, gyro x y z from bit 5)."""

    accel: float = 1.0
    gyro: float = 1.0
    accel_noise: float = 1.0
    gyro_noise: float = 1.0
    accel_delay_ns: int = 0
    gyro_delay_ns: int = 0
    standby: int = 0


class Felt:
    """Turns the scene into counts: six big-endian int16, acceleration first."""

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
        self._bias = (*accel_bias, *gyro_bias)
        self._accel_rms = accel_noise_ms2
        self._gyro_rms = gyro_noise_rad_s
        self.scales = Scales()
        self.stuck: tuple[int, int, int, int, int, int] | None = None

    def sample(self, t_ns: int, on_ns: int) -> bytes:
        """The outputs at ``t_ns``, ``on_ns`` after it was woken."""
        if self.stuck is not None:
            return _AXES.pack(*self.stuck)
        s = self.scales
        felt = self._scene.imu(t_ns - s.accel_delay_ns)
        ax, ay, az, gx, gy, gz = felt
        if s.gyro_delay_ns != s.accel_delay_ns:
            gx, gy, gz = self._scene.imu(t_ns - s.gyro_delay_ns)[3:]
        n1, n2, n3, n4, n5, n6 = self._noise.take(6)
        b1, b2, b3, b4, b5, b6 = self._bias
        if on_ns < _START_NS:  # the gyroscope is spinning up
            drift = _SETTLE_RAD_S * math.exp(-on_ns / _SETTLE_NS)
            b4, b5, b6 = b4 + drift, b5 - drift, b6 + drift
        sd, gain = self._accel_rms * s.accel_noise, s.accel
        turn_sd, turn_gain = self._gyro_rms * s.gyro_noise, s.gyro
        counts = (
            round((ax + b1 + sd * n1) * gain),
            round((ay + b2 + sd * n2) * gain),
            round((az + b3 + sd * n3) * gain),
            round((gx + b4 + turn_sd * n4) * turn_gain),
            round((gy + b5 + turn_sd * n5) * turn_gain),
            round((gz + b6 + turn_sd * n6) * turn_gain),
        )
        if s.standby:
            counts = tuple(  # type: ignore[assignment]  # six of them, as before
                0 if s.standby >> (5 - i) & 1 else count for i, count in enumerate(counts)
            )
        try:
            return _AXES.pack(*counts)
        except struct.error:  # beyond full scale
            return _AXES.pack(*(min(max(count, -32768), 32767) for count in counts))
