"""A CAP1203 touch controller with the three pads on CS1..CS3, at register level.

Registers and their writable bits: Microchip DS00001572B and the vendor's cap12xx.h. An input's
delta is its capacitance beyond the one the chip has calibrated on, ``25000 * dC / C`` at
sensitivity 128x and gain 1, 7 bits and sign. A cycle measures each enabled input in turn
(averaging times sampling time), then waits until its 35 to 140 ms are over.
"""

from __future__ import annotations

from collections import deque

from drivers.clock import Clock
from drivers.sim.chip import SimChip
from drivers.sim.scene import Scene
from drivers.sim.touch_pad import pad_pf

_COUNTS = 25_000.0
_NOISE_COUNTS = 0.3
"""Of an average of 8, at 2x."""
_RANGE_PF = (5.0, 50.0)
_FULL_PF = 50.0
_CALIBRATION_NS = 160_000_000
_CATCH_UP = 20_000
_STUCK = 60

_MAIN, _GENERAL, _TOUCHED, _NOISE, _DELTA = 0x00, 0x02, 0x03, 0x0A, 0x10
_SENSITIVITY, _CONFIG, _ENABLE, _TIMES, _SAMPLING = 0x1F, 0x20, 0x21, 0x22, 0x24
_CALIBRATE, _ALERT, _MULTI, _BASE_OUT, _RECAL = 0x26, 0x27, 0x2A, 0x2E, 0x2F
_THRESHOLD, _STANDBY, _CONFIG_2, _BASE = 0x30, 0x40, 0x44, 0x50
_BALANCE, _BALANCE_LOW = 0xB1, 0xB9

# index: (reset value, bits that can be written)
_MAP: dict[int, tuple[int, int]] = {
    0x00: (0x00, 0xF1), 0x02: (0x00, 0), 0x03: (0x00, 0), 0x0A: (0x00, 0),
    0x10: (0x00, 0), 0x11: (0x00, 0), 0x12: (0x00, 0),
    0x1F: (0x2F, 0x7F), 0x20: (0x20, 0xB8), 0x21: (0x07, 0x07), 0x22: (0xA4, 0xFF),
    0x23: (0x07, 0x0F), 0x24: (0x39, 0x7F), 0x26: (0x00, 0x07), 0x27: (0x07, 0x07),
    0x28: (0x07, 0x07), 0x2A: (0x80, 0x8C), 0x2B: (0x00, 0x8F), 0x2D: (0x07, 0x07),
    0x2E: (0x00, 0), 0x2F: (0x8A, 0xFF), 0x30: (0x40, 0x7F), 0x31: (0x40, 0x7F),
    0x32: (0x40, 0x7F), 0x38: (0x01, 0x03), 0x40: (0x00, 0x07), 0x41: (0x39, 0xFF),
    0x42: (0x02, 0x07), 0x43: (0x40, 0x7F), 0x44: (0x40, 0x7F), 0x50: (0xC8, 0),
    0x51: (0xC8, 0), 0x52: (0xC8, 0), 0x60: (0x00, 0x07), 0x61: (0x22, 0x3F),
    0xB1: (0x00, 0), 0xB2: (0x00, 0), 0xB3: (0x00, 0), 0xB9: (0x00, 0),
    0xFD: (0x6D, 0), 0xFE: (0x5D, 0), 0xFF: (0x00, 0),
}  # fmt: skip

_SAMPLE_NS = (320_000, 640_000, 1_280_000, 2_560_000)
_NEGATIVES = (8, 16, 32, 1 << 30)
_DRIFT = ((16, 16), (32, 32), (64, 64), (128, 128), (256, 256), (256, 1024), (256, 2048))
_DRIFT_SLOWEST = (256, 4096)
_HELD_MS = (
    560, 840, 1120, 1400, 1680, 2240, 2800, 3360,
    3920, 4480, 5600, 6720, 7840, 8906, 10080, 11200,
)  # fmt: skip


class _Input:
    """One sensor input: what it is calibrated on, and what it counts."""

    def __init__(self) -> None:
        self.base_pf = 10.0
        self.balance = 0
        self.delta = 0
        self.ready_ns: int | None = 0
        """When the calibration under way ends; None when there is none."""
        self.touched = False
        self.touched_ns = 0
        self.negatives = 0
        self.cycles = 0
        self.recent: deque[float] = deque(maxlen=256)


class SimCap1203(SimChip):
    """The chip. Its clock is up to 5 % off, by seed (``rate_error``).

    ``stray_pf``: capacitance beside each pad, as of a long cable; seen at once.
    """

    kind = "cap1203"
    sensor = "pads"
    default_address = 0x28
    boot_ns = 15_000_000

    def __init__(
        self,
        clock: Clock,
        scene: Scene,
        address: int | None = None,
        *,
        index: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__(clock, scene, address, index=index, seed=seed)
        self.rate_error = self.rng.uniform(-0.05, 0.05)
        self.stray_pf = [0.0, 0.0, 0.0]
        self._stuck = False
        self._noisy = 0
        self._regs = bytearray(256)
        self.reset(clock.now_ns())

    def reset(self, t_ns: int) -> None:
        self._regs[:] = bytes(256)
        for at, (value, _) in _MAP.items():
            self._regs[at] = value
        self._at = 0
        self._next_ns = t_ns + self.boot_ns  # when the cycle under way began
        self._inputs = [_Input() for _ in range(3)]
        for pad in range(3):
            self._calibrate(pad, t_ns + self.boot_ns)

    # -- the bus's side ------------------------------------------------------------------

    def on_write(self, data: bytes, t_ns: int) -> None:
        if not data:
            return
        at = data[0]
        if len(data) > 1:
            self._settle(t_ns)
        for value in data[1:]:
            self._write(at, value, t_ns)
            at = at + 1 & 0xFF
        self._at = at

    def on_read(self, n: int, t_ns: int) -> bytes:
        self._settle(t_ns)
        out = bytearray()
        for _ in range(n):
            if self._at not in _MAP:
                self.violate("unknown_read", self._at)
            out.append(self._regs[self._at])
            self._at = self._at + 1 & 0xFF
        return bytes(out)

    def _write(self, at: int, value: int, t_ns: int) -> None:
        regs = self._regs
        entry = _MAP.get(at)
        if entry is None:
            self.violate("unknown_write", at, value)
            return
        bits = entry[1]
        if not bits:
            self.violate("read_only", at, value)
            return
        if value & ~bits:
            self.violate("reserved_bits", at, value)
            value &= bits
        before, regs[at] = regs[at], value
        if at == _MAIN:
            self._main(before, value, t_ns)
        elif at == _CALIBRATE:
            regs[at] = before  # a bit that is 0 does nothing; 1 starts a calibration
            self._calibrate_all(value, t_ns)
        elif at == _ENABLE:
            self._calibrate_all(value & ~before, t_ns)
        elif at == _SAMPLING and (before ^ value) & 0x0C:
            self._calibrate_all(regs[_ENABLE], t_ns)
        elif at == _THRESHOLD and regs[_RECAL] & 0x80:
            regs[_THRESHOLD + 1] = regs[_THRESHOLD + 2] = value

    def _main(self, before: int, value: int, t_ns: int) -> None:
        if (before ^ value) & 0xC0:
            self._calibrate_all(self._regs[_ENABLE], t_ns)
        if not value & 0x01:
            # Latched touches go with INT; those still there stay.
            now = sum(1 << pad for pad, one in enumerate(self._inputs) if one.touched)
            self._regs[_TOUCHED] = now
            self._regs[_GENERAL] = self._regs[_GENERAL] & 0x60 | (1 if now else 0)
        if value & 0x10:
            self._release_all()

    def _calibrate_all(self, pads: int, t_ns: int) -> None:
        for pad in range(3):
            if pads >> pad & 1:
                self._calibrate(pad, t_ns)

    def _calibrate(self, pad: int, t_ns: int) -> None:
        one = self._inputs[pad]
        one.ready_ns = t_ns + _CALIBRATION_NS
        one.negatives = one.cycles = 0
        one.recent.clear()
        self._regs[_CALIBRATE] |= 1 << pad

    def _release_all(self) -> None:
        for one in self._inputs:
            one.touched = False

    # -- sensing -------------------------------------------------------------------------

    def _cycle_ns(self) -> tuple[int, int]:
        """(a whole cycle, the time for one input)."""
        sampling = self._regs[_SAMPLING]
        slot_ns = _SAMPLE_NS[sampling >> 2 & 3] << (sampling >> 4)
        inputs = self._active().bit_count()
        cycle_ns = max(35_000_000 * ((sampling & 3) + 1), slot_ns * inputs)
        scale = 1.0 + self.rate_error
        return round(cycle_ns * scale), round(slot_ns * scale)

    def _active(self) -> int:
        main = self._regs[_MAIN]
        if main & 0x10:
            return 0
        return self._regs[_STANDBY] if main & 0x20 else self._regs[_ENABLE]

    def _settle(self, t_ns: int) -> None:
        if self._frozen:
            return
        cycle_ns, slot_ns = self._cycle_ns()
        active = self._active()
        measuring_ns = slot_ns * active.bit_count()
        if t_ns - self._next_ns > _CATCH_UP * cycle_ns:
            self._next_ns += (t_ns - self._next_ns) // cycle_ns * cycle_ns - _CATCH_UP * cycle_ns
        while self._next_ns + measuring_ns <= t_ns:
            at_ns = self._next_ns
            for pad in range(3):
                if active >> pad & 1:
                    self._measure(pad, at_ns + slot_ns // 2, self._next_ns + measuring_ns)
                    at_ns += slot_ns
            self._next_ns += cycle_ns
            if not active:
                self._next_ns = max(self._next_ns, t_ns)
                return

    def _pf(self, pad: int, t_ns: int) -> float:
        return pad_pf(pad, self.scene.pad_force_n(t_ns)[pad]) + self.stray_pf[pad]

    def _measure(self, pad: int, at_ns: int, end_ns: int) -> None:
        one, regs = self._inputs[pad], self._regs
        pf = self._pf(pad, at_ns)
        if one.ready_ns is not None:
            if end_ns >= one.ready_ns:
                self._balance(pad, pf, end_ns)
            return
        if self._noisy >> pad & 1 and not regs[_CONFIG_2] & 0x04:
            return  # the sample is discarded
        scale = _COUNTS * (1 << (regs[_MAIN] >> 6)) / (1 << (regs[_SENSITIVITY] >> 4))
        counts = scale * (pf - one.base_pf) / one.base_pf + self.noise() * _NOISE_COUNTS
        delta = _STUCK if self._stuck else min(max(round(counts), -128), 127)
        one.delta = delta
        regs[_DELTA + pad] = delta & 0xFF
        touched = delta >= regs[_THRESHOLD + pad]
        if touched != one.touched:
            self._touch(pad, touched, end_ns)
        self._recalibrate(pad, pf, end_ns)

    def _touch(self, pad: int, touched: bool, t_ns: int) -> None:
        one, regs = self._inputs[pad], self._regs
        multi = regs[_MULTI]
        others = sum(other.touched for other in self._inputs)
        if touched and multi & 0x80 and others > (multi >> 2 & 3):
            regs[_GENERAL] |= 0x04  # blocked
            return
        one.touched, one.touched_ns = touched, t_ns
        if touched:
            regs[_TOUCHED] |= 1 << pad
            regs[_GENERAL] |= 0x01
        if regs[_ALERT] >> pad & 1 and (touched or not regs[_CONFIG_2] & 0x01):
            regs[_MAIN] |= 0x01

    def _recalibrate(self, pad: int, pf: float, t_ns: int) -> None:
        """What the chip does by itself about drift, negative counts and a long touch."""
        one, regs = self._inputs[pad], self._regs
        recal = regs[_RECAL]
        one.negatives = one.negatives + 1 if one.delta < 0 else 0
        held_ms = _HELD_MS[regs[_TIMES] >> 4]
        too_long = (
            one.touched and regs[_CONFIG] & 0x08 and t_ns - one.touched_ns >= held_ms * 1_000_000
        )
        if one.negatives >= _NEGATIVES[recal >> 3 & 3] or too_long:
            one.touched = False
            self._calibrate(pad, t_ns)
            return
        if one.delta >= regs[_THRESHOLD + pad]:
            one.cycles = 0
            one.recent.clear()
            return
        samples, cycles = (*_DRIFT, _DRIFT_SLOWEST)[recal & 7]
        one.recent.append(pf)
        one.cycles += 1
        if one.cycles >= cycles:
            last = list(one.recent)[-samples:]
            one.base_pf = sum(last) / len(last)
            one.cycles = 0

    def _balance(self, pad: int, pf: float, t_ns: int) -> None:
        """The end of a calibration: again, when the pad cannot be balanced."""
        one, regs = self._inputs[pad], self._regs
        low_pf, high_pf = _RANGE_PF
        if not low_pf <= pf <= high_pf:
            one.balance = 0x3FF if pf > high_pf else 0
            one.ready_ns = t_ns + _CALIBRATION_NS
            regs[_GENERAL] |= 0x20
        else:
            one.balance = min(max(round(pf / _FULL_PF * 1023), 1), 1022)
            one.base_pf = pf
            one.ready_ns = None
            regs[_CALIBRATE] &= ~(1 << pad)
            if not regs[_CALIBRATE]:
                regs[_GENERAL] &= ~0x20
        one.delta = regs[_DELTA + pad] = 0
        regs[_BALANCE + pad] = one.balance >> 2
        shift = 2 * pad
        low = regs[_BALANCE_LOW] & ~(3 << shift)
        regs[_BALANCE_LOW] = low | (one.balance & 3) << shift

    def alert(self) -> bool:
        """True while the chip pulls its ALERT line: the INT bit is set."""
        self._settle(self.clock.now_ns())
        return bool(self._regs[_MAIN] & 0x01)

    # -- fault verbs ---------------------------------------------------------------------

    def _resume(self, t_ns: int) -> None:
        self._next_ns = t_ns

    def stick(self, stuck: bool) -> None:
        """Each pad's delta reads 60; False ends it."""
        self._stuck = stuck

    def noisy(self, pads: int) -> None:
        """Bit by bit, whose samples are discarded for noise."""
        self._settle(self.clock.now_ns())
        self._noisy = self._regs[_NOISE] = pads

    def base_out(self, pads: int) -> None:
        """Bit by bit, whose base count is out of limits."""
        self._regs[_BASE_OUT] = pads
        self._regs[_GENERAL] = self._regs[_GENERAL] & ~0x40 | (0x40 if pads else 0)
