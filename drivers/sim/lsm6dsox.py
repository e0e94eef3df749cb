"""An LSM6DSOX six-axis IMU at register level.

Registers, masks and scales: ST's lsm6dsox_reg.h and the LSM6DSOX datasheet. The chip really
samples at ``6667 Hz * (1 + 0.0015 * INTERNAL_FREQ_FINE) / 2^n`` (AN5272), so "208 Hz" is
208.3 Hz and a per cent more or less from part to part.
"""

from __future__ import annotations

import math

from drivers.sim.st_imu import Layout, Rates, SimStImu
from drivers.sim.st_imu_motion import Setup

_FIFO_CTRL3, _FIFO_CTRL4 = 0x09, 0x0A
_CTRL1, _CTRL2, _CTRL4, _CTRL5, _CTRL10 = 0x10, 0x11, 0x13, 0x14, 0x19
_FREQ_FINE = 0x63

# Writable registers of the user bank: index -> (reset value, bits that may be set).
_WRITABLE: dict[int, tuple[int, int]] = {
    0x01: (0x00, 0xC0),
    0x02: (0x3F, 0xFF),
    **dict.fromkeys((0x04, 0x05, 0x06, 0x07, 0x09, 0x0C, 0x0D), (0x00, 0xFF)),
    0x08: (0x00, 0xD7),
    0x0A: (0x00, 0xF7),
    0x0B: (0x00, 0xE7),
    0x0E: (0x00, 0x7F),
    0x10: (0x00, 0xFE),
    0x11: (0x00, 0xFE),
    0x12: (0x04, 0xFD),
    0x13: (0x00, 0x6E),
    0x14: (0x00, 0xEF),
    0x15: (0x00, 0xFF),
    0x16: (0x00, 0xF7),
    0x17: (0x00, 0xFF),
    0x18: (0xE0, 0xFE),
    0x19: (0x00, 0x20),
    0x42: (0x00, 0xFF),
    **dict.fromkeys(range(0x56, 0x60), (0x00, 0xFF)),
    **dict.fromkeys((0x60, 0x61, 0x62, 0x6F, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75), (0x00, 0xFF)),
}
_READ_ONLY = frozenset(
    (0x0F, *range(0x1A, 0x1F), *range(0x20, 0x2E), *range(0x35, 0x3C), 0x40, 0x41, 0x43)
) | frozenset((*range(0x49, 0x56), _FREQ_FINE, *range(0x78, 0x7F)))

_RATE_DIVIDER = {1: 512, 2: 256, 3: 128, 4: 64, 5: 32, 6: 16, 7: 8, 8: 4, 9: 2, 10: 1}
_SLOW_DIVIDER = {0xB: 1024}  # 6.5 Hz batching of the gyro
_ACCEL_LSB_G = (0.061e-3, 0.488e-3, 0.122e-3, 0.244e-3)
_GYRO_LSB_DPS = (8.75e-3, 4.375e-3, 17.5e-3, 0.0, 35e-3, 0.0, 70e-3, 0.0)
_STANDARD_G = 9.80665


class SimLsm6dsox(SimStImu):
    """The chip; its noise is rms at 208 Hz."""

    kind = "lsm6dsox"
    layout = Layout(
        who=0x6C,
        writable=_WRITABLE,
        read_only=_READ_ONLY,
        configuring=frozenset((_CTRL1, _CTRL2, _CTRL4, _CTRL5, _FIFO_CTRL3, _FIFO_CTRL4)),
        kept_in_reset=frozenset(),
        base_hz=6667.0,
        fine_at=_FREQ_FINE,
        fine_step=0.0015,
        tick_ns=25_000,
        fifo_status=0x3A,
        fifo_words=512,
        watermark_high=0x01,
        parity=True,
    )

    def _decode(self, regs: bytearray) -> Rates:
        accel = _RATE_DIVIDER.get(regs[_CTRL1] >> 4, 0)
        gyro = 0 if regs[_CTRL4] & 0x40 else _RATE_DIVIDER.get(regs[_CTRL2] >> 4, 0)
        batch = regs[_FIFO_CTRL3]
        return Rates(
            accel,
            gyro,
            _RATE_DIVIDER.get(batch & 0xF, 0),
            (_RATE_DIVIDER | _SLOW_DIVIDER).get(batch >> 4, 0),
            Setup(
                _ACCEL_LSB_G[regs[_CTRL1] >> 2 & 3] * _STANDARD_G,
                math.radians(_GYRO_LSB_DPS[regs[_CTRL2] >> 1 & 7] or 70e-3),
                (0.0, 0.5 * _STANDARD_G, -0.5 * _STANDARD_G, 0.0)[regs[_CTRL5] & 3],
                math.radians((0.0, 400.0, 0.0, -400.0)[regs[_CTRL5] >> 2 & 3]),
                math.sqrt(32.0 / accel) if accel else 1.0,
                math.sqrt(32.0 / gyro) if gyro else 1.0,
            ),
        )

    def _timestamp_on(self, regs: bytearray) -> bool:
        return bool(regs[_CTRL10] & 0x20)
