"""ST's VL53L1X family of time-of-flight rangers at register level.

Registers and scales: ST UM2510 / ULD 3.5 and ST's register map (DocID031281). Where parts are
not documented the twin decides, and says so here:

* The raw range register (0x0096) is **true millimetres** (the ULD's convention) plus noise of
  the sigma that is reported. ST's full driver multiplies by 2011/2048, so it reads 1.8 % less.
* A timed ranging starts every inter-measurement period, or at once when it took longer.
* GPIO1 is an open drain with a pull-up: without power or in reset the line is high.

What sets a part apart stands in its own file, see :class:`SimVl53`.
"""

from __future__ import annotations

from typing import ClassVar

from drivers.clock import Clock
from drivers.sim.chip import NEVER_NS, SimChip
from drivers.sim.scene import Scene
from drivers.sim.vl53_light import Light, Ranging

_STUCK_MM = 555

_SIZE = 0x0140  # the map ends with MODE_ROI_XY_SIZE
_WRITABLE_END = 0x0088
_BOOT_NS = 1_200_000
_BOOT_STATUS_NS = 200_000

_ADDRESS = 0x0001
_OSC = 0x0006
_TEST_MODE = 0x0027
_GPIO_MUX = 0x0030
_GPIO_STATUS = 0x0031
_INT_CONFIG = 0x0046
_TIMEOUT_A = 0x005E
_PERIOD_A = 0x0060
_TIMEOUT_B = 0x0061
_PERIOD_B = 0x0063
_IM = 0x006C
_THRESH_HIGH = 0x0072
_THRESH_LOW = 0x0074
SEQUENCE = 0x0081
_HOLD = 0x0082
_INT_CLEAR = 0x0086
MODE_START = 0x0087
_INT_STATUS = 0x0088
_REF_SPADS = 0x00D9
_OSC_CALIBRATE = 0x00DE
_SYSTEM_STATUS = 0x00E5
_MODEL = 0x010F

# Reset values that differ from 0 (ST's register map), word registers high byte first.
_RESET: tuple[tuple[int, str], ...] = (
    (0x0000, "01"),
    (0x0002, "02 10"),
    (0x0008, "81"),
    (0x000B, "20"),
    (0x0024, "03 80"),
    (0x0030, "11 02"),
    (0x004B, "04"),
    (0x005E, "01 CC 0B 01 F1 09"),
    (0x0064, "00 80"),
    (0x0069, "80"),
    (0x0078, "0B 09 0A 0A"),
    (0x007F, "C7 FF FF"),
    (0x013E, "C7 FF"),
)
_OSC_CALIBRATE_VALUE = 36
_TEST = 0x01
_TEST_NS = 5_000_000


class SimVl53(SimChip):
    """A chip. ``index`` is the ranger's number in the scene (0 = lowest).

    ``part_offset_mm`` is what this part reads too much; its factory memory holds the opposite
    in 0x001E / 0x0020 / 0x0022, so an untouched part is true. To be found by calibration:
    ``offset_error_mm`` is what it reads too much besides (its window, its solder), and
    ``crosstalk_kcps`` is what a cover glass or a smudge on it throws back.
    """

    sensor = "tof"
    default_address = 0x29
    model: ClassVar[bytes]
    """0x010F..0x0111: model id, module type, revision."""
    osc_frequency: ClassVar[int]
    """0x0006: 4.12 MHz; parts show 0xA000 to 0xC000."""
    ticks_per_ms: ClassVar[float]
    """How often the inter-measurement timer counts in a ms, in units of 0x00DE."""
    boot_ns = _BOOT_NS - _BOOT_STATUS_NS

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
        self.part_offset_mm = self.rng.randint(-20, 20)
        self.offset_error_mm = 0.0
        self.crosstalk_kcps = 0.0
        self.gph_flag = False
        """Raise bit 7 of 0x0089 and bit 5 of 0x0088, as parts do after grouped changes."""
        self._light = Light()
        self._stuck_mm: int | None = None
        self._regs = bytearray(_SIZE)
        self.reset(clock.now_ns() - _BOOT_NS)  # powered long enough to be booted

    # -- power and reset -----------------------------------------------------------------

    def xshut(self, level: bool) -> None:
        """The XSHUT pin: low holds the chip in hardware standby, high boots it from reset."""
        if level:
            self._release("xshut", power_up=True)
        elif "xshut" not in self._held:
            self._hold("xshut")

    def reset(self, t_ns: int) -> None:
        regs = self._regs
        regs[:] = bytes(_SIZE)
        for at, text in _RESET:
            value = bytes.fromhex(text)
            regs[at : at + len(value)] = value
        regs[_ADDRESS] = self.address
        regs[_MODEL : _MODEL + 3] = self.model
        self._put16(_OSC, self.osc_frequency)
        self._put16(_OSC_CALIBRATE, _OSC_CALIBRATE_VALUE)
        self._put16(0x001E, (-self.part_offset_mm * 4) & 0x1FFF)
        self._put16(0x0020, -self.part_offset_mm & 0xFFFF)
        self._put16(0x0022, -self.part_offset_mm & 0xFFFF)
        regs[_SYSTEM_STATUS] = 0x02
        self._at = 0
        self._in_reset = False
        self._booted_ns = t_ns + _BOOT_NS
        self._ready = False
        self._mode = 0
        self._stream = 0
        self._due_ns = NEVER_NS
        self._take_ns = self._period_ns = self._light_ns = 1
        self._pin()

    # -- the bus's side ------------------------------------------------------------------

    def on_write(self, data: bytes, t_ns: int) -> None:
        size = len(data)
        if size < 2:
            if size:
                self.violate("protocol", data[0], size)
            return
        if self._due_ns <= t_ns:
            self._settle(t_ns)
        at = data[0] << 8 | data[1]
        if size > 2:
            if t_ns < self._booted_ns:
                self.violate("protocol", at, data[2])
            for value in data[2:]:
                self._write(at, value, t_ns)
                at = at + 1 & 0xFFFF
        elif at >= _SIZE:
            self.violate("unknown_read", at)
        self._at = at

    def on_read(self, n: int, t_ns: int) -> bytes:
        if self._due_ns <= t_ns:
            self._settle(t_ns)
        if t_ns >= self._booted_ns and not self._in_reset:
            self._regs[_SYSTEM_STATUS] = 0x03
        at = self._at
        end = at + n
        self._at = end & 0xFFFF
        if end <= _SIZE:
            return bytes(self._regs[at:end])
        self.violate("unknown_read", max(at, _SIZE), n)
        return bytes(self._regs[at:end]).ljust(n, b"\0")

    def _write(self, at: int, value: int, t_ns: int) -> None:
        if at >= _WRITABLE_END:
            self.violate("unknown_write" if at >= _SIZE else "read_only", at, value)
            return
        if self._in_reset and at != 0:
            self.violate("protocol", at, value)
            return
        if at == _GPIO_STATUS:
            return  # the pin itself; ST's own default block writes across it
        self._regs[at] = value
        if at == MODE_START:
            self._start(value, t_ns)
        elif at == _INT_CLEAR:
            self._regs[_INT_CLEAR] = 0
            if value & 1:
                self._ready = False
                self._regs[_INT_STATUS] &= ~0x1F & 0xFF
                self._pin()
        elif at == _GPIO_MUX:
            self._pin()
        elif at == _TEST_MODE and value:
            self._test(t_ns)
        elif at == _ADDRESS:
            self._move_to(value & 0x7F)
        elif at == 0x0000:
            self._soft_reset(value, t_ns)

    def _soft_reset(self, value: int, t_ns: int) -> None:
        if not value & 1:
            self.reset(t_ns)
            self._booted_ns = NEVER_NS
            self._regs[0x0000] = 0
            self._in_reset = True
        elif self._in_reset:
            # The address goes too (Pimoroni's wrapper of ST's driver counts on it).
            self._move_to(self.home_address)
            self.reset(t_ns)

    # -- ranging -------------------------------------------------------------------------

    def _start(self, value: int, t_ns: int) -> None:
        mode = 0 if value & 0x80 else value & 0x70
        goes_on = mode == self._mode and mode & 0x60 != 0  # as ST's full driver restarts it
        self._mode = mode
        if not goes_on:
            self._due_ns = NEVER_NS
            self._stream = 0
        if not mode or t_ns < self._booted_ns:
            return
        self._take_ns, self._light_ns = self._durations_ns()
        self._period_ns = self._take_ns
        if self._mode & 0x40:
            ticks = int.from_bytes(self._regs[_IM : _IM + 4], "big")
            im_ns = int(ticks * 1e6 / (_OSC_CALIBRATE_VALUE * self.ticks_per_ms))
            self._period_ns = max(self._take_ns, im_ns)
        if not goes_on:
            self._resume(t_ns)

    def _test(self, t_ns: int) -> None:
        """A device test: the twin knows the reference SPAD count and ends it after 5 ms."""
        self._mode = _TEST
        self._due_ns = t_ns + _TEST_NS

    def _resume(self, t_ns: int) -> None:
        if self._mode and not self._frozen:
            self._due_ns = t_ns + self._take_ns

    def freeze(self) -> None:
        """The stream stops; only XSHUT, power or :meth:`unfreeze` brings it back."""
        super().freeze()
        self._due_ns = NEVER_NS

    def stick(self, stuck: bool) -> None:
        """Every ranging reads 555 mm, valid; False ends it."""
        self._stuck_mm = _STUCK_MM if stuck else None

    def _durations_ns(self) -> tuple[int, int]:
        """(a whole ranging, its light gathering part) from the registers as they stand."""
        light_us, extra_us = self._durations_us(*self._phases_us())
        return int((light_us + extra_us) * 1e3), int(light_us * 1e3)

    def _phases_us(self) -> tuple[float, float]:
        pll_us = float(1 << 30) / self.osc_frequency / (1 << 24)
        phases = []
        for timeout, period in ((_TIMEOUT_A, _PERIOD_A), (_TIMEOUT_B, _PERIOD_B)):
            clocks = (self._regs[period] + 1) * 2
            exponent = min(self._regs[timeout], 16)
            macro_periods = (self._regs[timeout + 1] << exponent) + 1
            phases.append(macro_periods * 2304 * pll_us * clocks)
        return phases[0], phases[1]

    def _durations_us(self, a_us: float, b_us: float) -> tuple[float, float]:
        """(light, everything else) of a ranging whose phases are so long."""
        raise NotImplementedError

    def _settle(self, t_ns: int) -> None:
        due_ns = self._due_ns
        if due_ns > t_ns or self._frozen:
            return
        if self._mode & 0x60 == 0:  # single shot or test
            if self._mode == _TEST:
                self._regs[_REF_SPADS] = 5
                self._ready = True
                self._pin()
            else:
                self._measure(due_ns)
            self._mode = 0
            self._due_ns = NEVER_NS
            return
        missed = (t_ns - due_ns) // self._period_ns
        if missed:  # nobody looked: only the last one can still be read
            self._raise(due_ns)
            self._stream = _after(self._stream, missed)
            due_ns += missed * self._period_ns
        self._measure(due_ns)
        self._stream = _after(self._stream, 1)
        self._due_ns = due_ns + self._period_ns

    def _raise(self, due_ns: int) -> None:
        """The ready of rangings that were overwritten before anyone looked."""
        if self._regs[_INT_CONFIG] & 0x20:
            self._ready = True

    def _measure(self, done_ns: int) -> None:
        regs = self._regs
        seen = self.scene.reflection(self.index, done_ns - self._light_ns // 2)
        setup = Ranging(
            light_us=self._light_ns * 1e-3,
            valid_phase=regs[0x0069] / 8.0,
            clocks_b=(regs[_PERIOD_B] + 1) * 2,
            spads=_roi_spads(regs[0x0080]),
            dss_kcps=self._get16(0x0024) * 7.8125,
            limit_kcps=self._get16(0x0066) * 7.8125,
            sigma_limit_mm=self._get16(0x0064) / 4.0,
            offset_mm=self.part_offset_mm + self.offset_error_mm + _offset_mm(self._get16(0x001E)),
            crosstalk_kcps=self.crosstalk_kcps,
            compensation_kcps=self._get16(0x0016) / 512.0,
            wrap_check=self._stream != 0,
        )
        got = self._light.measure(seen, setup, self.noise)
        status, range_mm = got.status, got.range_mm
        if self._stuck_mm is not None:
            status, range_mm = 9, self._stuck_mm
        gph = self.gph_flag or regs[_HOLD] & 0x02
        regs[0x0089] = status | (0x80 if gph else 0)
        regs[0x008A] = 0x01
        regs[0x008B] = self._stream
        self._put16(0x008C, int(got.spads * 256))
        self._put16(0x008E, int(got.peak_kcps * 0.128))
        self._put16(0x0090, int(got.ambient_kcps * 0.128))
        self._put16(0x0092, int(got.sigma_mm * 4))
        self._put16(0x0094, int(got.phase * 2048))
        self._put16(0x0096, range_mm)
        self._put16(0x0098, int(got.signal_kcps * 0.128))
        if self._wanted(status, range_mm):
            self._ready = True
            regs[_INT_STATUS] = 0x04 | (0x20 if gph else 0)
        self._pin()

    def _wanted(self, status: int, range_mm: int) -> bool:
        """The interrupt's condition (0x0046): every sample, or a window of range."""
        config = self._regs[_INT_CONFIG]
        if config & 0x20:
            return True
        if status not in (8, 9):
            return bool(config & 0x40)
        high, low = self._get16(_THRESH_HIGH), self._get16(_THRESH_LOW)
        return (
            range_mm < low,
            range_mm > high,
            not low <= range_mm <= high,
            low <= range_mm <= high,
        )[config & 3]

    def gpio1(self) -> bool:
        """Level of the interrupt line now."""
        if self._held:
            return True
        self._settle(self.clock.now_ns())
        return bool(self._regs[_GPIO_STATUS] & 1)

    def _pin(self) -> None:
        low_active = self._regs[_GPIO_MUX] & 0x10
        self._regs[_GPIO_STATUS] = 0x02 | (self._ready ^ bool(low_active))

    def _get16(self, at: int) -> int:
        return self._regs[at] << 8 | self._regs[at + 1]

    def _put16(self, at: int, value: int) -> None:
        value = min(max(value, 0), 0xFFFF)
        self._regs[at] = value >> 8
        self._regs[at + 1] = value & 0xFF


def _after(stream: int, steps: int) -> int:
    """Stream count ``steps`` later: 0..255 once, then 128..255 over and over."""
    count = stream + steps
    return count if count <= 255 else 128 + (count - 128) % 128


def _offset_mm(register: int) -> float:
    """s11.2 in the lowest 13 bits."""
    value = register & 0x1FFF
    return (value - 0x2000 if value & 0x1000 else value) / 4.0


def _roi_spads(size: int) -> int:
    return ((size >> 4) + 1) * ((size & 0x0F) + 1)
