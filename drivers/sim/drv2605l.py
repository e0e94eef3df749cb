"""A DRV2605L haptic driver at register level, with a motor on it.

Registers, their reset values and bits: TI SLOS854. In RTP mode the motor follows register 0x02
(signed; a negative number brakes or turns it the other way, which shakes as much). With the
internal trigger GO plays the eight slots: an effect takes 100 ms here (the two long alerts of the
library 750 ms and 1 s), a slot with bit 7 waits for so many 10 ms.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.clock import Clock
from drivers.sim.chip import SimChip
from drivers.sim.scene import Scene

_STATUS, _MODE, _RTP, _SLOTS, _GO = 0x00, 0x01, 0x02, 0x04, 0x0C
_CLAMP, _FEEDBACK, _CONTROL_3 = 0x17, 0x1A, 0x1D
_ID = 0xE0
_RESET_NS = 500_000
_EFFECT_MS = {15: 750, 16: 1000}
_EFFECT_OTHER_MS = 100

# index: (reset value, bits that can be written)
_MAP: dict[int, tuple[int, int]] = {
    0x00: (_ID, 0), 0x01: (0x40, 0xC7), 0x02: (0x00, 0xFF), 0x03: (0x01, 0x17),
    0x04: (0x01, 0xFF), **dict.fromkeys(range(0x05, 0x0C), (0x00, 0xFF)),
    0x0C: (0x00, 0x01), 0x0D: (0x00, 0xFF), 0x0E: (0x00, 0xFF), 0x0F: (0x00, 0xFF),
    0x10: (0x00, 0xFF), 0x11: (0x05, 0x0F), 0x12: (0x19, 0xFF), 0x13: (0xFF, 0xFF),
    0x14: (0x19, 0xFF), 0x15: (0xFF, 0xFF), 0x16: (0x3E, 0xFF), 0x17: (0x8C, 0xFF),
    0x18: (0x0C, 0xFF), 0x19: (0x6C, 0xFF), 0x1A: (0x36, 0xFF), 0x1B: (0x93, 0xFF),
    0x1C: (0xF5, 0xFF), 0x1D: (0xA0, 0xFF), 0x1E: (0x20, 0xF1), 0x1F: (0x80, 0xFF),
    0x20: (0x33, 0x7F), 0x21: (0x00, 0), 0x22: (0x00, 0),
}  # fmt: skip


class SimDrv2605l(SimChip):
    """The chip. ``on_drive`` is told how hard the motor is driven (0..1) and for how long (ns,
    None: until told otherwise)."""

    kind = "drv2605l"
    sensor = "haptic"
    default_address = 0x5A
    boot_ns = 250_000

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
        self.on_drive: Callable[[float, int | None], None] = lambda level, for_ns: None
        self.motor_shorted = False
        """The next drive trips the over-current switch."""
        self._regs = bytearray(256)
        self._silent = False
        self.reset(clock.now_ns())

    def reset(self, t_ns: int) -> None:
        self._regs[:] = bytes(256)
        for at, (value, _) in _MAP.items():
            self._regs[at] = value
        self._at = 0
        self._resetting_until_ns = 0
        self._playing_until_ns = 0
        self.on_drive(0.0, None)

    def _hold(self, reason: str) -> None:
        super()._hold(reason)
        self.on_drive(0.0, None)  # it is the cable that feeds the motor

    # -- the bus's side ------------------------------------------------------------------

    def on_write(self, data: bytes, t_ns: int) -> None:
        if not data:
            return
        at = data[0]
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
            if self._at == _STATUS:
                self._regs[_STATUS] &= 0xFC  # what has tripped is told once
            self._at = self._at + 1 & 0xFF
        return bytes(out)

    def _settle(self, t_ns: int) -> None:
        if self._resetting_until_ns and t_ns >= self._resetting_until_ns:
            self.reset(t_ns)
        if self._playing_until_ns and t_ns >= self._playing_until_ns:
            self._playing_until_ns = 0
            self._regs[_GO] = 0

    def _write(self, at: int, value: int, t_ns: int) -> None:
        regs = self._regs
        entry = _MAP.get(at)
        if self._resetting_until_ns:
            self.violate("protocol", at, value)  # lost while it resets
            return
        if entry is None:
            self.violate("unknown_write", at, value)
            return
        bits = entry[1]
        if not bits:
            self.violate("read_only", at, value)
            return
        if value & ~bits:
            self.violate("reserved_bits", at, value)
        regs[at] = value & bits
        if at == _MODE and value & 0x80:
            self._resetting_until_ns = t_ns + _RESET_NS
            self.on_drive(0.0, None)
        elif at == _GO:
            self._go(t_ns)
        elif at in (_MODE, _RTP, _FEEDBACK, _CONTROL_3, _CLAMP):
            self._drive()

    def _drive(self) -> None:
        """RTP: the motor does what 0x02 says now."""
        regs = self._regs
        if regs[_MODE] != 0x05:
            if not self._playing_until_ns:
                self.on_drive(0.0, None)
            return
        raw = regs[_RTP]
        if regs[_CONTROL_3] & 0x08:
            level = raw / 255.0
        else:
            level = min(abs(raw - 256 if raw > 127 else raw) / 127.0, 1.0)
        self._shake(level, None)

    def _shake(self, level: float, for_ns: int | None) -> None:
        if level and self.motor_shorted:
            self._regs[_STATUS] |= 0x01
            level = 0.0
        self.on_drive(0.0 if self._frozen else level, for_ns)

    def _go(self, t_ns: int) -> None:
        regs = self._regs
        if not regs[_GO]:
            self._playing_until_ns = 0
            self.on_drive(0.0, None)
            return
        if regs[_MODE] & 0x47:
            regs[_GO] = 0  # in standby, or in a mode that has no trigger
            return
        shakes_ns = waits_ns = 0
        for slot in regs[_SLOTS:_GO]:
            if not slot:
                break
            if slot & 0x80:
                waits_ns += (slot & 0x7F) * 10_000_000
            elif regs[0x03] & 0x07:  # library 0 is empty
                shakes_ns += _EFFECT_MS.get(slot, _EFFECT_OTHER_MS) * 1_000_000
        self._playing_until_ns = t_ns + shakes_ns + waits_ns
        if shakes_ns:
            self._shake(1.0, shakes_ns + waits_ns)

    # -- fault verbs ---------------------------------------------------------------------

    def overheat(self) -> None:
        """It switches the motor off, and tells so once."""
        self._regs[_STATUS] |= 0x02
        self.on_drive(0.0, None)

    def stick(self, stuck: bool) -> None:
        """The motor stands still whatever it is told; False ends it."""
        self._frozen = stuck

    def _resume(self, t_ns: int) -> None:
        self._drive()
