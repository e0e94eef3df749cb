"""What ST's LSM6DS IMUs have in common: index, banks, outputs, and a FIFO of tagged words.

The parts keep their own tables and their own reading of the control registers; here is what
FUNC_CFG_ACCESS (0x01), FIFO_CTRL1..4 (0x07), CTRL3 (0x12), the outputs (0x1E..0x2D) and the
FIFO's output (0x78) do alike in all of them (ST's lsm6dsox_reg.h and lsm6dsv16x_reg.h).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from drivers.clock import Clock
from drivers.sim.chip import SimChip
from drivers.sim.scene import Scene
from drivers.sim.st_imu_motion import Motion, Setup

_TURN_ON_NS = 70_000_000
_RESET_NS = 50_000
_STANDARD_G = 9.80665

_FUNC_CFG = 0x01
_BANKS = 0xC0
_FIFO_CTRL1, _FIFO_CTRL2, _FIFO_CTRL4 = 0x07, 0x08, 0x0A
_CTRL3 = 0x12
_SW_RESET, _IF_INC, _BDU, _BOOT = 0x01, 0x04, 0x40, 0x80
_STATUS = 0x1E
_OUT_TEMP, _OUT_GYRO, _OUT_ACCEL, _OUT_END = 0x20, 0x22, 0x28, 0x2E
_TIMESTAMP0, _TIMESTAMP2 = 0x40, 0x42
_FIFO_TAG, _FIFO_LAST = 0x78, 0x7E
_TAG_GYRO, _TAG_ACCEL = 0x01, 0x02

_STUCK_RAW = (3, -2, 1, 8190, 12, -9)
"""Gyro and accel of a dowel that stands still."""


class Layout(NamedTuple):
    """Where a part differs: tables, places and sizes."""

    who: int
    writable: Mapping[int, tuple[int, int]]
    """Writable registers of the user bank: index -> (reset value, bits that may be changed)."""
    read_only: frozenset[int]
    configuring: frozenset[int]
    """Registers whose change alters rates, scales or the FIFO."""
    kept_in_reset: frozenset[int]
    """Registers that SW_RESET leaves as they are."""
    base_hz: float
    """The fastest rate; all others are this, halved some times."""
    fine_at: int
    fine_step: float
    """INTERNAL_FREQ: where it is, and how much of the rate a step is."""
    tick_ns: float
    """Nominal step of the timestamp."""
    fifo_status: int
    fifo_words: int
    watermark_high: int
    """Bits of FIFO_CTRL2 that belong to the watermark."""
    parity: bool
    """Bit 0 of a tag makes its number of ones even; where it does not, it is 0."""


class Rates(NamedTuple):
    """What the control registers ask for: dividers of the base rate (0 = off), and scales."""

    accel: int
    gyro: int
    batch_accel: int
    batch_gyro: int
    setup: Setup


class SimStImu(SimChip):
    """A chip of the family. Noise and bias are drawn per seed; ``freq_fine`` None = by seed.

    ``accel_noise_ms2`` and ``gyro_noise_dps`` are rms at a 32nd of the base rate; biases are
    the largest drawn.
    """

    sensor = "imu"
    default_address = 0x6A
    boot_ns = 10_000_000
    layout: ClassVar[Layout]

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
        layout = self.layout
        fine = self.rng.randint(-7, 7) if freq_fine is None else freq_fine
        self.freq_fine = fine
        self._base_hz = layout.base_hz * (1.0 + layout.fine_step * fine)
        accel_bias = [
            self.rng.uniform(-1, 1) * accel_bias_mg * 1e-3 * _STANDARD_G for _ in range(3)
        ]
        self.gyro_bias_dps = [self.rng.uniform(-1, 1) * gyro_bias_dps for _ in range(3)]
        """What the gyroscope reads too much, as drawn."""
        self._motion = Motion(
            scene,
            self.noise,
            accel_bias,
            [math.radians(dps) for dps in self.gyro_bias_dps],
            accel_noise_ms2,
            math.radians(gyro_noise_dps),
        )
        self._known = bytes(i in layout.writable or i in layout.read_only for i in range(256))
        self._fifo_status = layout.fifo_status
        self._fifo_words = layout.fifo_words
        self._mark_high = layout.watermark_high
        self._tags = tuple(
            tuple(_tag(sensor, counter, layout.parity) for counter in range(4))
            for sensor in (_TAG_GYRO, _TAG_ACCEL)
        )
        self._regs = bytearray(256)
        self._rates = (0, 0)
        self.reset(clock.now_ns())

    def reset(self, t_ns: int) -> None:
        regs = self._regs
        regs[:] = bytes(256)
        for at, (value, _) in self.layout.writable.items():
            regs[at] = value
        regs[0x0F] = self.layout.who
        regs[self.layout.fine_at] = self.freq_fine & 0xFF
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

    # -- what the part makes of its registers --------------------------------------------

    def _decode(self, regs: bytearray) -> Rates:
        """Rates and scales that the registers ask for."""
        raise NotImplementedError

    def _timestamp_on(self, regs: bytearray) -> bool:
        """Whether the timestamp counts."""
        raise NotImplementedError

    # -- the bus's side ------------------------------------------------------------------

    def on_write(self, data: bytes, t_ns: int) -> None:
        if not data:
            return
        at = self._at = data[0]
        if len(data) == 1:
            return
        self._settle(t_ns)
        step = 1 if self._regs[_CTRL3] & _IF_INC else 0
        for value in data[1:]:
            self._write(at, value, t_ns)
            at = at + step & 0xFF
        self._at = at

    def on_read(self, n: int, t_ns: int) -> bytes:
        self._settle(t_ns)
        regs = self._regs
        if self._busy_until_ns and t_ns >= self._busy_until_ns:
            self._busy_until_ns = 0
            regs[_CTRL3] &= ~(_SW_RESET | _BOOT)
        at = self._at
        if regs[_CTRL3] & _IF_INC:
            if at == _FIFO_TAG and n % 7 == 0:
                return self._read_words(n // 7)
            end = at + n
            if end <= _FIFO_TAG and 0 not in self._known[at:end] and not regs[_FUNC_CFG] & _BANKS:
                self._refresh(at, end, t_ns)
                self._at = end
                return bytes(regs[at:end])
        return bytes(self._read_slowly(t_ns) for _ in range(n))

    def _read_slowly(self, t_ns: int) -> int:
        """One byte, for reads that cross something special."""
        at = self._at
        if self._regs[_FUNC_CFG] & _BANKS and at != _FUNC_CFG:
            self.violate("unknown_read", at, self._regs[_FUNC_CFG])
            value = 0
        elif _FIFO_TAG <= at <= _FIFO_LAST:
            if at == _FIFO_TAG:
                self._word = self._fifo.pop(0) if self._fifo else bytes(7)
            value = self._word[at - _FIFO_TAG]
        else:
            if not self._known[at]:
                self.violate("unknown_read", at)
            self._refresh(at, at + 1, t_ns)
            value = self._regs[at]
        if self._regs[_CTRL3] & _IF_INC:
            self._at = _FIFO_TAG if at == _FIFO_LAST else at + 1 & 0xFF
        return value

    def _read_words(self, n: int) -> bytes:
        """``n`` whole FIFO words; the index has come round to the tag again."""
        words = self._fifo[:n]
        del self._fifo[:n]
        return b"".join(words).ljust(7 * n, b"\0")

    def _refresh(self, at: int, end: int, t_ns: int) -> None:
        """Bring the registers from ``at`` to ``end`` up to date, and note what was read."""
        first = self._fifo_status
        if at <= first + 1 and end > first:
            self._refresh_level(end > first + 1)
        if at < _OUT_END and end > _STATUS:
            self._refresh_outputs(at, end)
        if at < _TIMESTAMP0 + 4 and end > _TIMESTAMP0 and self._timestamp_on(self._regs):
            layout = self.layout
            age_ns = int((t_ns - self._clock_from_ns) * self._base_hz / layout.base_hz)
            ticks = int(age_ns // layout.tick_ns)
            self._regs[_TIMESTAMP0 : _TIMESTAMP0 + 4] = (ticks & 0xFFFFFFFF).to_bytes(4, "little")

    def _refresh_level(self, flags_read: bool) -> None:
        regs = self._regs
        words = len(self._fifo)
        mark = regs[_FIFO_CTRL1] | (regs[_FIFO_CTRL2] & self._mark_high) << 8
        first = self._fifo_status
        regs[first] = words & 0xFF
        regs[first + 1] = (
            words >> 8
            | self._latched << 3
            | (words >= self._fifo_words) << 5
            | self._overrun << 6
            | (0 < mark <= words) << 7
        )
        if flags_read:
            self._latched = self._overrun

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
            elif regs[_CTRL3] & _BDU:
                self._half_read.add(pair)  # BDU: the pair holds until its high byte is read

    def _write(self, at: int, value: int, t_ns: int) -> None:
        regs = self._regs
        if regs[_FUNC_CFG] & _BANKS and at != _FUNC_CFG:
            self.violate("unknown_write", at, value)  # another bank is switched in
            return
        known = self.layout.writable.get(at)
        if known is None:
            self.violate("read_only" if self._known[at] else "unknown_write", at, value)
            return
        before, bits = regs[at], known[1]
        if (value ^ before) & ~bits:
            self.violate("reserved_bits", at, value)
        if at == _TIMESTAMP2:
            if value == 0xAA:
                self._clock_from_ns = t_ns
            return
        regs[at] = value & bits | before & ~bits & 0xFF
        if at == _CTRL3 and value & (_SW_RESET | _BOOT):
            kept = [(index, regs[index]) for index in self.layout.kept_in_reset]
            self.reset(t_ns)
            for index, old in kept:
                regs[index] = old
            regs[_CTRL3] |= value & (_SW_RESET | _BOOT)
            self._busy_until_ns = t_ns + _RESET_NS
        elif at in self.layout.configuring and value != before:
            self._configure(t_ns)

    # -- sampling ------------------------------------------------------------------------

    def _configure(self, t_ns: int) -> None:
        """Work out rates and scales again after a write; sampling starts over at ``t_ns``."""
        accel, gyro, batch_accel, batch_gyro, setup = self._decode(self._regs)
        active = [d for d in (accel, gyro) if d]
        base = min(active, default=0)
        self._period_ns = 1e9 * base / self._base_hz if base else 0.0
        mode = self._regs[_FIFO_CTRL4] & 7
        if mode in (0, 4, 7):  # 4 and 7 wait in bypass for a trigger that never comes
            self._fifo.clear()
            self._overrun = self._latched = False
        self._keep_oldest = mode == 1
        self._batching = mode in (1, 3, 6)
        self._every = (
            _steps(accel, base),
            _steps(gyro, base),
            _steps(batch_accel, base) if accel else 0,
            _steps(batch_gyro, base) if gyro else 0,
        )
        # An output already sampled keeps its phase only while its rate stays the same.
        rates = (accel, gyro)
        if gyro and not self._rates[1]:
            self._gyro_on_ns = t_ns
        if rates != self._rates or not base:
            self._rates = rates
            self._from_ns = t_ns
            self._count = 0
            self._fresh = 0
        self._motion.setup(setup)

    def _settle(self, t_ns: int) -> None:
        if not self._period_ns or self._frozen:
            return
        due = int((t_ns - self._from_ns) / self._period_ns)
        count = self._count
        if due <= count:
            return
        window = 2 * self._fifo_words * max(self._every[2], self._every[3], 1)
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
        gyro_tags, accel_tags = self._tags
        while count < due:
            count += 1
            at_ns = self._from_ns + int(count * self._period_ns)
            is_accel = accel_every and count % accel_every == 0
            is_gyro = gyro_every and count % gyro_every == 0
            if not (is_accel or is_gyro):
                continue
            on_ns = at_ns - self._gyro_on_ns
            gyro, accel = motion.sample(at_ns, count, on_ns if on_ns < _TURN_ON_NS else -1)
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
                    fifo.append(gyro_tags[slot] + gyro)
                if put_accel:
                    fifo.append(accel_tags[slot] + accel)
                if len(fifo) > self._fifo_words:
                    self._overflow()
        self._count = count

    def _overflow(self) -> None:
        self._overrun = self._latched = True
        if self._keep_oldest:
            del self._fifo[self._fifo_words :]
        else:
            del self._fifo[: len(self._fifo) - self._fifo_words]

    def _resume(self, t_ns: int) -> None:
        if self._period_ns:
            self._count = int((t_ns - self._from_ns) / self._period_ns)

    def stick(self, stuck: bool) -> None:
        """Every sample reads the same counts, of a dowel that stands still; False ends it."""
        self._motion.stuck = _STUCK_RAW if stuck else None

    def bad_tag(self, flip: int = 0x01) -> None:
        """Flip bits in the tag of the oldest word in the FIFO, as a glitch on the wire would."""
        self._settle(self.clock.now_ns())
        if self._fifo:
            self._fifo[0] = bytes((self._fifo[0][0] ^ flip,)) + self._fifo[0][1:]


def _tag(sensor: int, counter: int, parity: bool) -> bytes:
    tag = sensor << 3 | counter << 1
    return bytes((tag | (tag.bit_count() & 1 if parity else 0),))


def _steps(divider: int, base: int) -> int:
    """How many base periods between two samples of a stream; 0 = off."""
    return max(divider // base, 1) if divider and base else 0
