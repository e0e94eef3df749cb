"""An LSM6DSOX six-axis IMU at register level.

Registers, masks and scales: ST's lsm6dsox_reg.h and the LSM6DSOX datasheet. The chip really
samples at ``6667 Hz * (1 + 0.0015 * INTERNAL_FREQ_FINE) / 2^n`` (AN5272), so "208 Hz" is
208.3 Hz and a per cent more or less from part to part.
"""

from __future__ import annotations

import math

from drivers.clock import Clock
from drivers.sim.chip import SimChip
from drivers.sim.lsm6dsox_motion import TAG_ACCEL, TAG_GYRO, Motion, Setup, word
from drivers.sim.scene import Scene

_FIFO_WORDS = 512
_TURN_ON_NS = 70_000_000
_RESET_NS = 50_000

_FUNC_CFG = 0x01
_FIFO_CTRL1, _FIFO_CTRL2, _FIFO_CTRL3, _FIFO_CTRL4 = 0x07, 0x08, 0x09, 0x0A
_CTRL1, _CTRL2, _CTRL3, _CTRL4, _CTRL5, _CTRL10 = 0x10, 0x11, 0x12, 0x13, 0x14, 0x19
_STATUS = 0x1E
_OUT_TEMP, _OUT_GYRO, _OUT_ACCEL, _OUT_END = 0x20, 0x22, 0x28, 0x2E
_FIFO_STATUS1, _FIFO_STATUS2 = 0x3A, 0x3B
_TIMESTAMP0, _TIMESTAMP2 = 0x40, 0x42
_FREQ_FINE = 0x63
_FIFO_TAG, _FIFO_LAST = 0x78, 0x7E

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
_KNOWN = bytes(i in _WRITABLE or i in _READ_ONLY for i in range(256))

_RATE_DIVIDER = {1: 512, 2: 256, 3: 128, 4: 64, 5: 32, 6: 16, 7: 8, 8: 4, 9: 2, 10: 1}
_SLOW_DIVIDER = {0xB: 1024}  # 6.5 Hz batching of the gyro
_ACCEL_LSB_G = (0.061e-3, 0.488e-3, 0.122e-3, 0.244e-3)
_GYRO_LSB_DPS = (8.75e-3, 4.375e-3, 17.5e-3, 0.0, 35e-3, 0.0, 70e-3, 0.0)
_STANDARD_G = 9.80665

_STUCK_RAW = (3, -2, 1, 8190, 12, -9)
"""Gyro and accel of a dowel that stands still."""


class SimLsm6dsox(SimChip):
    """The chip. Noise and bias are drawn per seed; ``freq_fine`` is 0x63, None = by seed.

    ``accel_noise_ms2`` and ``gyro_noise_dps`` are rms at 208 Hz; biases are the largest drawn.
    """

    kind = "lsm6dsox"
    sensor = "imu"
    default_address = 0x6A
    boot_ns = 10_000_000

    def __init__(
        self,
        clock: Clock,
        scene: Scene,
        address: int | None = None,
        *,
        index: int = 0,
        seed: int = 0,
        accel_noise_ms2: float = 0.03,
        gyro_noise_dps: float = 0.1,
        accel_bias_mg: float = 3.0,
        gyro_bias_dps: float = 0.3,
        freq_fine: int | None = None,
    ) -> None:
        super().__init__(clock, scene, address, index=index, seed=seed)
        fine = self.rng.randint(-7, 7) if freq_fine is None else freq_fine
        self.freq_fine = fine
        self._base_hz = 6667.0 * (1.0 + 0.0015 * fine)
        self._motion = Motion(
            scene,
            self.noise,
            [self.rng.uniform(-1, 1) * accel_bias_mg * 1e-3 * _STANDARD_G for _ in range(3)],
            [math.radians(self.rng.uniform(-1, 1) * gyro_bias_dps) for _ in range(3)],
            accel_noise_ms2,
            math.radians(gyro_noise_dps),
        )
        self._regs = bytearray(256)
        self._rates = (0, 0)
        self.reset(clock.now_ns())

    def reset(self, t_ns: int) -> None:
        regs = self._regs
        regs[:] = bytes(256)
        for at, (value, _) in _WRITABLE.items():
            regs[at] = value
        regs[0x0F] = 0x6C
        regs[_FREQ_FINE] = self.freq_fine & 0xFF
        self._at = 0
        self._fifo: list[bytes] = []
        self._word = bytes(7)
        self._slot = 0
        self._overrun = self._latched = False
        self._half_read: set[int] = set()
        self._busy_until_ns = 0
        self._gyro_on_ns = t_ns
        self._clock_from_ns = t_ns
        self._configure(t_ns)

    # -- the bus's side ------------------------------------------------------------------

    def on_write(self, data: bytes, t_ns: int) -> None:
        if not data:
            return
        at = self._at = data[0]
        if len(data) == 1:
            return
        self._settle(t_ns)
        step = 1 if self._regs[_CTRL3] & 0x04 else 0
        for value in data[1:]:
            self._write(at, value, t_ns)
            at = at + step & 0xFF
        self._at = at

    def on_read(self, n: int, t_ns: int) -> bytes:
        self._settle(t_ns)
        if self._busy_until_ns and t_ns >= self._busy_until_ns:
            self._busy_until_ns = 0
            self._regs[_CTRL3] &= 0x7E
        at = self._at
        if self._regs[_CTRL3] & 0x04:
            if at == _FIFO_TAG and n % 7 == 0:
                return self._read_words(n // 7)
            end = at + n
            if end <= _FIFO_TAG and 0 not in _KNOWN[at:end] and not self._regs[_FUNC_CFG]:
                self._refresh(at, end, t_ns)
                self._at = end
                return bytes(self._regs[at:end])
        return bytes(self._read_slowly(t_ns) for _ in range(n))

    def _read_slowly(self, t_ns: int) -> int:
        """One byte, for reads that cross something special."""
        at = self._at
        if self._regs[_FUNC_CFG] and at != _FUNC_CFG:
            self.violate("unknown_read", at, self._regs[_FUNC_CFG])
            value = 0
        elif _FIFO_TAG <= at <= _FIFO_LAST:
            if at == _FIFO_TAG:
                self._word = self._fifo.pop(0) if self._fifo else bytes(7)
            value = self._word[at - _FIFO_TAG]
        else:
            if not _KNOWN[at]:
                self.violate("unknown_read", at)
            self._refresh(at, at + 1, t_ns)
            value = self._regs[at]
        if self._regs[_CTRL3] & 0x04:
            self._at = _FIFO_TAG if at == _FIFO_LAST else at + 1 & 0xFF
        return value

    def _read_words(self, n: int) -> bytes:
        """``n`` whole FIFO words; the index has come round to the tag again."""
        words = self._fifo[:n]
        del self._fifo[:n]
        return b"".join(words).ljust(7 * n, b"\0")

    def _refresh(self, at: int, end: int, t_ns: int) -> None:
        """Bring the registers from ``at`` to ``end`` up to date, and note what was read."""
        regs = self._regs
        if at < _OUT_END and end > _STATUS:
            self._refresh_outputs(at, end)
        elif at <= _FIFO_STATUS2 and end > _FIFO_STATUS1:
            words = len(self._fifo)
            mark = regs[_FIFO_CTRL1] | (regs[_FIFO_CTRL2] & 1) << 8
            regs[_FIFO_STATUS1] = words & 0xFF
            regs[_FIFO_STATUS2] = (
                words >> 8
                | self._latched << 3
                | (words >= _FIFO_WORDS) << 5
                | self._overrun << 6
                | (0 < mark <= words) << 7
            )
            if end > _FIFO_STATUS2:
                self._latched = self._overrun
        elif at < _TIMESTAMP0 + 4 and end > _TIMESTAMP0 and regs[_CTRL10] & 0x20:
            ticks = int((t_ns - self._clock_from_ns) * self._base_hz / 6667.0) // 25_000
            regs[_TIMESTAMP0 : _TIMESTAMP0 + 4] = (ticks & 0xFFFFFFFF).to_bytes(4, "little")

    def _refresh_outputs(self, at: int, end: int) -> None:
        regs = self._regs
        latest = self._motion.latest
        regs[_STATUS] = self._fresh
        for pair in range(max(at, _OUT_TEMP) & ~1, min(end, _OUT_END), 2):
            if pair not in self._half_read:
                regs[pair : pair + 2] = latest[pair - _OUT_TEMP : pair - _OUT_TEMP + 2]
            if end > pair + 1:
                self._half_read.discard(pair)
                self._fresh &= ~(4 if pair < _OUT_GYRO else 2 if pair < _OUT_ACCEL else 1)
            elif regs[_CTRL3] & 0x40:
                self._half_read.add(pair)  # BDU: the pair holds until its high byte is read

    def _write(self, at: int, value: int, t_ns: int) -> None:
        regs = self._regs
        if regs[_FUNC_CFG] and at != _FUNC_CFG:
            self.violate("unknown_write", at, value)  # another bank is switched in
            return
        known = _WRITABLE.get(at)
        if known is None:
            self.violate("read_only" if _KNOWN[at] else "unknown_write", at, value)
            return
        if value & ~known[1]:
            self.violate("reserved_bits", at, value)
        if at == _TIMESTAMP2:
            if value == 0xAA:
                self._clock_from_ns = t_ns
            return
        before = regs[at]
        regs[at] = value & known[1]
        if at == _CTRL3 and value & 0x81:
            self.reset(t_ns)
            regs[_CTRL3] |= value & 0x81
            self._busy_until_ns = t_ns + _RESET_NS
        elif at in (_CTRL1, _CTRL2, _CTRL4, _CTRL5, _FIFO_CTRL3, _FIFO_CTRL4) and value != before:
            if at == _CTRL2 and not before >> 4:
                self._gyro_on_ns = t_ns
            self._configure(t_ns)

    # -- sampling ------------------------------------------------------------------------

    def _configure(self, t_ns: int) -> None:
        """Work out rates and scales again after a write; sampling starts over at ``t_ns``."""
        regs = self._regs
        accel = _RATE_DIVIDER.get(regs[_CTRL1] >> 4, 0)
        gyro = 0 if regs[_CTRL4] & 0x40 else _RATE_DIVIDER.get(regs[_CTRL2] >> 4, 0)
        active = [d for d in (accel, gyro) if d]
        base = min(active, default=0)
        self._period_ns = 1e9 * base / self._base_hz if base else 0.0
        mode = regs[_FIFO_CTRL4] & 7
        if mode in (0, 4, 7):  # 4 and 7 wait in bypass for a trigger that never comes
            self._fifo.clear()
            self._overrun = self._latched = False
        self._keep_oldest = mode == 1
        self._batching = mode in (1, 3, 6)
        batch = regs[_FIFO_CTRL3]
        self._every = (
            _steps(accel, base),
            _steps(gyro, base),
            _steps(_RATE_DIVIDER.get(batch & 0xF, 0), base) if accel else 0,
            _steps((_RATE_DIVIDER | _SLOW_DIVIDER).get(batch >> 4, 0), base) if gyro else 0,
        )
        # An output already sampled keeps its phase only while its rate stays the same.
        rates = (accel, gyro)
        if rates != self._rates or not base:
            self._rates = rates
            self._from_ns = t_ns
            self._count = 0
            self._fresh = 0
        sixteen_g = regs[_CTRL1] >> 2 & 3
        self._motion.setup(
            Setup(
                _ACCEL_LSB_G[sixteen_g] * _STANDARD_G,
                math.radians(_GYRO_LSB_DPS[regs[_CTRL2] >> 1 & 7] or 70e-3),
                (0.0, 0.5 * _STANDARD_G, -0.5 * _STANDARD_G, 0.0)[regs[_CTRL5] & 3],
                math.radians((0.0, 400.0, 0.0, -400.0)[regs[_CTRL5] >> 2 & 3]),
                math.sqrt(32.0 / accel) if accel else 1.0,
                math.sqrt(32.0 / gyro) if gyro else 1.0,
            )
        )

    def _settle(self, t_ns: int) -> None:
        if not self._period_ns or self._frozen:
            return
        due = int((t_ns - self._from_ns) / self._period_ns)
        count = self._count
        if due <= count:
            return
        window = 2 * _FIFO_WORDS * max(self._every[2], self._every[3], 1)
        if not self._batching:
            count = due - 1  # only the newest can still be seen
        elif due - count > window and self._keep_oldest:
            self._sample(count, count + window)
            count = due - 1
        elif due - count > window:
            count = due - window  # the rest would be overwritten anyway
        self._sample(count, due)

    def _sample(self, count: int, due: int) -> None:
        accel_every, gyro_every, batch_accel, batch_gyro = self._every
        motion = self._motion
        fifo = self._fifo
        batching = self._batching
        while count < due:
            count += 1
            at_ns = self._from_ns + int(count * self._period_ns)
            is_accel = accel_every and count % accel_every == 0
            is_gyro = gyro_every and count % gyro_every == 0
            if not (is_accel or is_gyro):
                continue
            gyro, accel = motion.sample(
                at_ns, count, at_ns - self._gyro_on_ns if self._in_turn_on(at_ns) else -1
            )
            if is_gyro:
                motion.latest[2:8] = gyro
                self._fresh |= 6
            if is_accel:
                motion.latest[8:14] = accel
                self._fresh |= 5
            if not batching:
                continue
            put_gyro = is_gyro and batch_gyro and count % batch_gyro == 0
            put_accel = is_accel and batch_accel and count % batch_accel == 0
            if put_gyro or put_accel:
                self._slot = slot = self._slot + 1 & 3
                if put_gyro:
                    fifo.append(word(TAG_GYRO, slot, gyro))
                if put_accel:
                    fifo.append(word(TAG_ACCEL, slot, accel))
                if len(fifo) > _FIFO_WORDS:
                    self._overflow()
        self._count = count

    def _in_turn_on(self, at_ns: int) -> bool:
        return at_ns - self._gyro_on_ns < _TURN_ON_NS

    def _overflow(self) -> None:
        self._overrun = self._latched = True
        if self._keep_oldest:
            del self._fifo[_FIFO_WORDS:]
        else:
            del self._fifo[: len(self._fifo) - _FIFO_WORDS]

    def _resume(self, t_ns: int) -> None:
        if self._period_ns:
            self._count = int((t_ns - self._from_ns) / self._period_ns)

    def stick(self, stuck: bool) -> None:
        """Every sample reads the same counts, of a dowel that stands still; False ends it."""
        self._motion.stuck = _STUCK_RAW if stuck else None

    def bad_tag(self) -> None:
        """Flip the parity of the oldest word in the FIFO, as a glitch on the wire would."""
        self._settle(self.clock.now_ns())
        if self._fifo:
            self._fifo[0] = bytes((self._fifo[0][0] ^ 1,)) + self._fifo[0][1:]


def _steps(divider: int, base: int) -> int:
    """How many base periods between two samples of a stream; 0 = off."""
    return max(divider // base, 1) if divider and base else 0
