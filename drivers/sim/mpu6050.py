"""An MPU-6050, MPU-6500, MPU-9250 or one of their clones at register level.

Registers, reset values, scales and filters: InvenSense's RM-MPU-6000A rev 4.2 and RM-MPU-6500A.
It samples at 1 kHz / (1 + SMPLRT_DIV) of its own clock (8 kHz with the filter off), which is
within 1 % on the gyroscope's PLL and within 5 % on the internal oscillator. The self-test bits
are kept and push nothing; the auxiliary bus has nobody on it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from drivers.clock import Clock
from drivers.sim.chip import SimChip
from drivers.sim.mpu6050_motion import Felt, Scales
from drivers.sim.scene import Scene

_SMPLRT_DIV, _CONFIG, _GYRO_CONFIG, _ACCEL_CONFIG, _ACCEL_CONFIG2 = 0x19, 0x1A, 0x1B, 0x1C, 0x1D
_FIFO_EN, _INT_PIN, _INT_ENABLE, _INT_STATUS = 0x23, 0x37, 0x38, 0x3A
_OUT, _OUT_END = 0x3B, 0x49
_USER_CTRL, _PWR_MGMT_1 = 0x6A, 0x6B
_COUNT_H, _COUNT_L, _FIFO_R_W, _WHO = 0x72, 0x73, 0x74, 0x75
_RESET_NS = 50_000_000
_STANDARD_G = 9.80665

# Index -> bits that may be set. Of the auxiliary bus only that its registers exist.
_COMMON = {
    **dict.fromkeys((0x19, 0x23, 0x24), 0xFF),
    **dict.fromkeys(range(0x25, 0x35), 0xFF),
    **dict.fromkeys((0x63, 0x64, 0x65, 0x66), 0xFF),
    0x1B: 0xF8,
    0x1C: 0xF8,
    0x37: 0xFE,
    0x67: 0x9F,
    0x68: 0x07,
    0x6C: 0xFF,
    _FIFO_R_W: 0xFF,
}
_6050 = _COMMON | {0x1A: 0x3F, 0x38: 0x19, 0x6A: 0x77, 0x6B: 0xEF}
_6500 = _COMMON | {
    **dict.fromkeys((0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x1E, 0x1F), 0xFF),
    0x1A: 0x7F,
    0x1B: 0xFB,
    0x1D: 0x0F,
    0x38: 0x59,
    0x69: 0xC0,
    0x6A: 0xF7,
    0x6B: 0xFF,
}
_READ_ONLY = (*range(0x35, 0x37), *range(0x3A, 0x61), _COUNT_H, _COUNT_L, _WHO)


class _Die(NamedTuple):
    writable: dict[int, int]
    read_only: frozenset[int]
    fifo: int
    power: int
    """PWR_MGMT_1 after a reset: a 6050 sleeps, a 6500 does not."""
    temperature: tuple[float, float]
    own_accel_filter: bool


_DIE_6050 = _Die(
    _6050, frozenset((*_READ_ONLY, *range(0x0D, 0x11))), 1024, 0x40, (340, 36.53), False
)
_DIE_6500 = _Die(
    _6500,
    frozenset((*_READ_ONLY, *range(0x03), *range(0x0D, 0x10))),
    512,
    0x01,
    (333.87, 21),
    True,
)
# Clones: 0x72 as a 6050 that has its oldest manual's free-fall threshold at 0x1D; 0x98 is what an
# ICM-20689 says, whose FIFO is 512 bytes too until it is told otherwise.
_DIE_72 = _DIE_6050._replace(writable=_6050 | {0x1D: 0xFF})
_DIE_98 = _DIE_6500._replace(temperature=(326.8, 25.0))
_DIES = {
    0x68: _DIE_6050,
    0x70: _DIE_6500,
    0x71: _DIE_6500,
    0x72: _DIE_72,
    0x73: _DIE_6500,
    0x98: _DIE_98,
}

# DLPF_CFG -> (bandwidth in Hz, delay in ms): of both sensors in a 6050 (the mean of the two),
# of a 6500's gyroscope, of a 6500's accelerometer.
_SHARED = (
    (258, 0.5),
    (186, 1.95),
    (96, 2.9),
    (43, 4.85),
    (20, 8.4),
    (10, 13.6),
    (5, 18.8),
    (258, 0.5),
)
_GYRO = (
    (250, 0.97),
    (184, 2.9),
    (92, 3.9),
    (41, 5.9),
    (20, 9.9),
    (10, 17.85),
    (5, 33.48),
    (3600, 0.17),
)
_ACCEL = (
    (460, 1.94),
    (184, 5.8),
    (92, 7.8),
    (41, 11.8),
    (20, 19.8),
    (10, 35.7),
    (5, 66.96),
    (460, 1.94),
)


class SimMpu6050(SimChip):
    """The chip. Noise, bias and clock are drawn per seed.

    ``part`` is WHO_AM_I. ``accel_noise_ms2`` and ``gyro_noise_dps`` are rms at 98 Hz of
    bandwidth; biases are the largest drawn. ``clock_error`` is that of the PLL (0.01 = fast by
    one per cent), None = by seed; off the PLL it is five times that.
    """

    kind = "mpu6050"
    sensor = "imu"
    default_address = 0x68
    boot_ns = 20_000_000

    def __init__(
        self,
        clock: Clock,
        scene: Scene,
        address: int | None = None,
        *,
        index: int = 0,
        seed: int = 0,
        part: int = 0x68,
        accel_noise_ms2: float = 0.04,
        gyro_noise_dps: float = 0.05,
        accel_bias_mg: float = 5.0,
        gyro_bias_dps: float = 0.5,
        clock_error: float | None = None,
        temperature_c: float = 26.0,
    ) -> None:
        super().__init__(clock, scene, address, index=index, seed=seed)
        self.part = part
        self._die = _DIES[part]
        self.clock_error = self.rng.uniform(-0.01, 0.01) if clock_error is None else clock_error
        self.temperature_c = temperature_c
        self._trim = bytes(self.rng.randrange(256) for _ in range(4))
        accel_bias = [
            self.rng.uniform(-1, 1) * accel_bias_mg * 1e-3 * _STANDARD_G for _ in range(3)
        ]
        self.gyro_bias_dps = [self.rng.uniform(-1, 1) * gyro_bias_dps for _ in range(3)]
        """What the gyroscope reads too much, as drawn."""
        self._felt = Felt(
            scene,
            self.noise,
            accel_bias,
            [math.radians(dps) for dps in self.gyro_bias_dps],
            accel_noise_ms2,
            math.radians(gyro_noise_dps),
        )
        self._regs = bytearray(256)
        self._period_ns = 0.0
        """Between two samples; 0 while it sleeps."""
        self._known = bytes(i in self._die.writable or i in self._die.read_only for i in range(256))
        self.reset(clock.now_ns())

    def reset(self, t_ns: int) -> None:
        regs = self._regs
        regs[:] = bytes(256)
        regs[_WHO] = self.part
        regs[_PWR_MGMT_1] = self._die.power
        regs[0x0D:0x11] = self._trim
        self._at = 0
        self._fifo = bytearray()
        self._last_out = 0xFF
        """What an empty FIFO gives again."""
        self._busy_until_ns = 0
        self._on_ns = t_ns
        self._from_ns = float(t_ns)
        self._count = 0
        self._configure(t_ns)

    # -- the bus's side ------------------------------------------------------------------

    def on_write(self, data: bytes, t_ns: int) -> None:
        if not data:
            return
        self._at = data[0]
        if len(data) == 1:
            return
        self._settle(t_ns)
        for value in data[1:]:
            self._write(self._at, value, t_ns)
            self._step()

    def on_read(self, n: int, t_ns: int) -> bytes:
        self._settle(t_ns)
        regs = self._regs
        if self._busy_until_ns and t_ns >= self._busy_until_ns:
            self._busy_until_ns = 0
            regs[_PWR_MGMT_1] &= 0x7F
        if self._at == _FIFO_R_W:
            return self._pop(n)
        out = bytearray()
        clears = regs[_INT_PIN] & 0x10
        for _ in range(n):
            at = self._at
            if at == _FIFO_R_W:
                out += self._pop(1)
                continue
            if not self._known[at]:
                self.violate("unknown_read", at)
            if at == _COUNT_H:  # both bytes are latched when the high one is read
                regs[_COUNT_H : _COUNT_L + 1] = len(self._fifo).to_bytes(2, "big")
            out.append(regs[at])
            if at == _INT_STATUS or clears:
                regs[_INT_STATUS] = 0
            self._step()
        return bytes(out)

    def _step(self) -> None:
        if self._at != _FIFO_R_W:
            self._at = self._at + 1 & 0xFF

    def _pop(self, n: int) -> bytes:
        out = bytes(self._fifo[:n])
        del self._fifo[:n]
        if out:
            self._last_out = out[-1]
        return out.ljust(n, bytes((self._last_out,)))

    def _write(self, at: int, value: int, t_ns: int) -> None:
        regs = self._regs
        if self._busy_until_ns > t_ns:
            self.violate("run_mode", at, value)  # in the middle of its reset
            return
        bits = self._die.writable.get(at)
        if bits is None:
            self.violate("read_only" if self._known[at] else "unknown_write", at, value)
            return
        if value & ~bits:
            self.violate("reserved_bits", at, value)
        if at == _FIFO_R_W:
            self._push(bytes((value,)))
            return
        before, value = regs[at], value & bits
        if at == _PWR_MGMT_1 and value & 0x80:
            self.reset(t_ns)
            regs[at] |= 0x80
            self._busy_until_ns = t_ns + _RESET_NS
            return
        if at == _USER_CTRL:
            if value & 0x04:
                if value & 0x40:
                    self.violate("run_mode", at, value)  # FIFO_RESET: only while FIFO_EN is 0
                self._fifo.clear()
            value &= 0xF8  # the resets clear themselves
        if at == 0x68:
            value = 0
        regs[at] = value
        if value != before and at in (
            _SMPLRT_DIV, _CONFIG, _GYRO_CONFIG, _ACCEL_CONFIG, _ACCEL_CONFIG2, _PWR_MGMT_1, 0x6C,
        ):  # fmt: skip
            self._configure(t_ns, woke=at == _PWR_MGMT_1 and bool(before & 0x40))

    # -- sampling ------------------------------------------------------------------------

    def _configure(self, t_ns: int, *, woke: bool = False) -> None:
        """Rates and scales after a write; a new rate starts at ``t_ns``."""
        regs = self._regs
        dlpf = regs[_CONFIG] & 7
        power = regs[_PWR_MGMT_1]
        selected = power & 7
        asleep = power & 0x40 or selected == 7
        base_hz = 1000.0 if 1 <= dlpf <= 6 else 8000.0
        off_pll = selected in (0, 6) and not self._die.own_accel_filter
        real_hz = base_hz * (1.0 + self.clock_error * (5.0 if off_pll else 1.0))
        period = 0.0 if asleep else 1e9 * (1 + regs[_SMPLRT_DIV]) / real_hz
        if woke:
            self._on_ns = t_ns
        if woke or period != self._period_ns:
            self._from_ns = float(t_ns)
            self._count = 0
        self._period_ns = period
        gyro = _GYRO[dlpf] if self._die.own_accel_filter else _SHARED[dlpf]
        accel = _ACCEL[regs[_ACCEL_CONFIG2] & 7] if self._die.own_accel_filter else gyro
        per_g = (16384, 8192, 4096, 2048)[regs[_ACCEL_CONFIG] >> 3 & 3]
        per_dps = (131.0, 65.5, 32.8, 16.4)[regs[_GYRO_CONFIG] >> 3 & 3]
        self._felt.scales = Scales(
            per_g / _STANDARD_G,
            math.degrees(per_dps),
            math.sqrt(accel[0] / 98.0),
            math.sqrt(gyro[0] / 98.0),
            round(accel[1] * 1e6),
            round(gyro[1] * 1e6),
            regs[0x6C] & 0x3F,
        )

    def _settle(self, t_ns: int) -> None:
        if not self._period_ns or self._frozen:
            return
        due = int((t_ns - self._from_ns) / self._period_ns)
        record = len(self._record(bytes(14))) if self._regs[_USER_CTRL] & 0x40 else 0
        seen = self._die.fifo // record + 1 if record else 1
        if due - self._count > 2 * seen:  # nobody will ever see those between
            if self._regs[_CONFIG] & 0x40:
                self._sample_until(self._count + seen)
            self._count = due - seen
        self._sample_until(due)

    def _sample_until(self, due: int) -> None:
        while self._count < due:
            self._count += 1
            self._sample(int(self._from_ns + self._count * self._period_ns))

    def _sample(self, at_ns: int) -> None:
        regs = self._regs
        axes = self._felt.sample(at_ns, at_ns - self._on_ns)
        per_degree, zero_c = self._die.temperature
        raw = round((self.temperature_c - zero_c) * per_degree)
        out = axes[:6] + raw.to_bytes(2, "big", signed=True) + axes[6:]
        regs[_OUT:_OUT_END] = out
        regs[_INT_STATUS] |= regs[_INT_ENABLE] & 0x01
        if regs[_USER_CTRL] & 0x40:
            self._push(self._record(out))

    def _record(self, out: bytes) -> bytes:
        """What FIFO_EN takes of the outputs, lowest register first."""
        enabled = self._regs[_FIFO_EN]
        record = out[:6] if enabled & 0x08 else b""
        for bit, at in ((0x80, 6), (0x40, 8), (0x20, 10), (0x10, 12)):
            if enabled & bit:
                record += out[at : at + 2]
        return record

    def _push(self, data: bytes) -> None:
        fifo, size = self._fifo, self._die.fifo
        room = size - len(fifo)
        if len(data) > room:
            self._regs[_INT_STATUS] |= self._regs[_INT_ENABLE] & 0x10
            if self._regs[_CONFIG] & 0x40:  # a 6500 told to keep the oldest
                data = data[:room]
        fifo += data
        del fifo[: max(len(fifo) - size, 0)]

    def _resume(self, t_ns: int) -> None:
        if self._period_ns:
            self._count = int((t_ns - self._from_ns) / self._period_ns)

    # -- fault verbs ---------------------------------------------------------------------

    def stick(self, stuck: bool) -> None:
        """The counts of a dowel that stands still, for ever the same."""
        self._felt.stuck = (8190, 12, -9, 3, -2, 1) if stuck else None

    def slip(self, n: int = 1) -> None:
        """``n`` bytes of the FIFO get lost, as when a burst breaks off."""
        self._settle(self.clock.now_ns())
        del self._fifo[:n]
