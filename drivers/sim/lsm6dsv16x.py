"""An LSM6DSV16X six-axis IMU at register level.

Registers, masks, codes and scales: ST's lsm6dsv16x_reg.h and ``.c``; the user bank only. The
chip samples at ``7680 Hz * (1 + 0.0013 * INTERNAL_FREQ) / 2^n``. Depth: DIFF_FIFO has 9 bits
and ST says 1.5 kB of data, so 256 words of 6. What is not modelled (high-accuracy and triggered
rates, the FIFO mode that waits for the watermark) is noted as a violation, never guessed.
"""

from __future__ import annotations

import math

from drivers.sim.st_imu import Layout, Rates, SimStImu
from drivers.sim.st_imu_motion import Setup

_FUNC_CFG, _PIN_CTRL, _IF_CFG = 0x01, 0x02, 0x03
_FIFO_CTRL3, _FIFO_CTRL4 = 0x09, 0x0A
_CTRL1, _CTRL2, _CTRL3, _CTRL6, _CTRL8, _CTRL10 = 0x10, 0x11, 0x12, 0x15, 0x17, 0x19
_INTERNAL_FREQ = 0x4F
_FUNCTIONS_ENABLE = 0x50
_SW_POR = 0x04

# Writable registers of the user bank: index -> (reset value, bits that may be changed).
_WRITABLE: dict[int, tuple[int, int]] = {
    _FUNC_CFG: (0x00, 0xCF),
    _PIN_CTRL: (0x23, 0xE0),
    _IF_CFG: (0x00, 0xFD),
    0x06: (0x00, 0xFF),
    0x07: (0x00, 0xFF),
    0x08: (0x00, 0xD7),
    0x09: (0x00, 0xFF),
    0x0A: (0x00, 0xFF),
    0x0B: (0x00, 0x63),
    0x0C: (0x00, 0xFF),
    0x0D: (0x00, 0x7B),
    0x0E: (0x00, 0xFF),
    0x10: (0x00, 0x7F),
    0x11: (0x00, 0x7F),
    0x12: (0x44, 0xC5),
    0x13: (0x00, 0x1F),
    0x14: (0x00, 0x07),
    0x15: (0x00, 0x7F),
    0x16: (0x00, 0xF1),
    0x17: (0x00, 0xEB),
    0x18: (0x00, 0x7B),
    0x19: (0x00, 0x4F),
    0x42: (0x00, 0xFF),
    0x50: (0x00, 0xCB),
    0x51: (0x00, 0x7F),
    0x54: (0x04, 0xFF),
    0x55: (0x00, 0x3F),
    0x56: (0x00, 0x7F),
    0x57: (0x00, 0xFF),
    0x58: (0x00, 0x1F),
    **dict.fromkeys((0x59, 0x5A, 0x5B, 0x5D, 0x5E, 0x5F), (0x00, 0xFF)),
    0x5C: (0x00, 0xEF),
    0x62: (0x00, 0x03),
    0x63: (0x00, 0xB8),
    0x64: (0x00, 0x03),
    **dict.fromkeys(range(0x65, 0x6B), (0x00, 0xFF)),
    0x6B: (0x00, 0xDF),
    0x6F: (0x00, 0xD0),
    0x70: (0x00, 0x27),
    0x71: (0x00, 0x1F),
    0x72: (0x00, 0x3B),
    **dict.fromkeys((0x73, 0x74, 0x75), (0x00, 0xFF)),
}
_READ_ONLY = frozenset(
    (0x0F, *range(0x1A, 0x1F), *range(0x20, 0x3C), 0x40, 0x41, *range(0x43, 0x4C))
) | frozenset((_INTERNAL_FREQ, *range(0x78, 0x7F)))

_DIVIDER = {1: 4096, 2: 1024} | {code: 1 << (12 - code) for code in range(3, 13)}
_ACCEL_LSB_G = (0.061e-3, 0.122e-3, 0.244e-3, 0.488e-3)
_GYRO_LSB_DPS = {0: 4.375e-3, 1: 8.75e-3, 2: 17.5e-3, 3: 35e-3, 4: 70e-3, 12: 140e-3}
_STANDARD_G = 9.80665

_MODELLED_FIFO = (0, 1, 3, 4, 6, 7)
_ACCEL_MODES = (0, 4, 5, 6, 7)  # high performance, three low powers, normal
_GYRO_MODES = (0, 4, 5)  # high performance, sleep, low power
_GYRO_SLEEP = 4


class SimLsm6dsv16x(SimStImu):
    """The chip; its noise is rms at 240 Hz."""

    kind = "lsm6dsv16x"
    layout = Layout(
        who=0x70,
        writable=_WRITABLE,
        read_only=_READ_ONLY,
        configuring=frozenset((_CTRL1, _CTRL2, _CTRL6, _CTRL8, _CTRL10, _FIFO_CTRL3, _FIFO_CTRL4)),
        kept_in_reset=frozenset((_PIN_CTRL, _IF_CFG)),
        base_hz=7680.0,
        fine_at=_INTERNAL_FREQ,
        fine_step=0.0013,
        tick_ns=1e9 / 46_080,
        fifo_status=0x1B,
        fifo_words=256,
        watermark_high=0x00,
        parity=False,
    )

    def _write(self, at: int, value: int, t_ns: int) -> None:
        regs = self._regs
        if at == _CTRL3 and value & 0x01 and (regs[_CTRL1] | regs[_CTRL2]) & 0x0F:
            self.violate("run_mode", at, value)  # SW_RESET asks for both sensors off
        super()._write(at, value, t_ns)
        if at == _FUNC_CFG and value & _SW_POR:
            self._power_up(t_ns)
        elif _is_beyond(at, value):
            self.violate("run_mode", at, value)

    def _decode(self, regs: bytearray) -> Rates:
        accel = _DIVIDER.get(regs[_CTRL1] & 0x0F, 0)
        asleep = regs[_CTRL2] >> 4 & 7 == _GYRO_SLEEP
        gyro = 0 if asleep else _DIVIDER.get(regs[_CTRL2] & 0x0F, 0)
        batch = regs[_FIFO_CTRL3]
        push = regs[_CTRL10]
        return Rates(
            accel,
            gyro,
            _DIVIDER.get(batch & 0x0F, 0),
            _DIVIDER.get(batch >> 4, 0),
            Setup(
                _ACCEL_LSB_G[regs[_CTRL8] & 3] * _STANDARD_G,
                math.radians(_GYRO_LSB_DPS.get(regs[_CTRL6] & 0x0F, 140e-3)),
                (0.0, 0.5 * _STANDARD_G, -0.5 * _STANDARD_G, 0.0)[push & 3],
                math.radians((0.0, 400.0, -400.0, 0.0)[push >> 2 & 3]),
                math.sqrt(32.0 / accel) if accel else 1.0,
                math.sqrt(32.0 / gyro) if gyro else 1.0,
            ),
        )

    def _timestamp_on(self, regs: bytearray) -> bool:
        return bool(regs[_FUNCTIONS_ENABLE] & 0x40)


def _is_beyond(at: int, value: int) -> bool:
    """Whether ``value`` asks for a reserved code, or for something that is not modelled."""
    mode, code = value >> 4 & 7, value & 0x0F
    if at == _FIFO_CTRL4:
        return value & 7 not in _MODELLED_FIFO
    if at == _CTRL1:
        return mode not in _ACCEL_MODES or code > max(_DIVIDER)
    if at == _CTRL2:
        return mode not in _GYRO_MODES or code > max(_DIVIDER)
    return at == _CTRL6 and code not in _GYRO_LSB_DPS
