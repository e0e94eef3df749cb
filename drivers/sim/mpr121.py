"""An MPR121 capacitive touch controller with the three pads on electrodes 0..2.

Registers: Freescale MPR121 rev 4. ``counts = CDC * CDT / (C * VDD) * 1024`` (CDC in uA, CDT in
us, C in pF). Electrodes 3..11 and the proximity one are bare pins of 12 pF. Writes to anything
but 0x5E, the GPIO block and the soft reset are lost while electrodes run, and noted.
"""

from __future__ import annotations

from drivers.clock import Clock
from drivers.sim.chip import SimChip
from drivers.sim.mpr121_electrode import Electrode, Filter
from drivers.sim.scene import Scene
from drivers.sim.touch_pad import pad_pf

_SUPPLY_V = 3.3
_BARE_PF = 12.0
_NOISE_COUNTS = 0.7
_CATCH_UP = 25_000
_WIDTH = 13  # 12 electrodes and ELEPROX

_STATUS, _STATUS_HIGH, _RANGE, _DATA, _BASELINE = 0x00, 0x01, 0x02, 0x04, 0x1E
_FILTERS, _TOUCH_TH, _DEBOUNCE = 0x2B, 0x41, 0x5B
_CDC_GLOBAL, _CDT_GLOBAL, _ECR, _CDC, _CDT = 0x5C, 0x5D, 0x5E, 0x5F, 0x6C
_AUTO0, _AUTO1, _USL, _LSL, _TARGET = 0x7B, 0x7C, 0x7D, 0x7E, 0x7F
_SOFT_RESET = 0x80
_LAST = 0x84  # PWM of the GPIOs
_SFI = (4, 6, 10, 18)

_STUCK_COUNTS = 520


class SimMpr121(SimChip):
    """The chip. Force in newtons adds up to 5 pF to a pad."""

    kind = "mpr121"
    sensor = "pads"
    default_address = 0x5A
    boot_ns = 1_000_000

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
        self._regs = bytearray(256)
        self._stuck_counts: int | None = None
        self.reset(clock.now_ns())

    def reset(self, t_ns: int) -> None:
        self._regs[:] = bytes(256)
        self._regs[_CDC_GLOBAL] = 0x10
        self._regs[_CDT_GLOBAL] = 0x24
        self._at = 0
        self._live: list[Electrode] = []
        self._from_ns = t_ns
        self._period_ns = 1
        self._count = 0
        self._irq = False

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
        if len(data) == 1 and at > _LAST:
            self.violate("unknown_read", at)
        self._at = at

    def on_read(self, n: int, t_ns: int) -> bytes:
        if self._live:
            self._settle(t_ns)
        at = self._at
        end = at + n
        if end > _LAST + 1:
            self.violate("unknown_read", max(at, _LAST + 1), n)
        if at <= _STATUS_HIGH:
            self._irq = False
        self._at = end & 0xFF
        return bytes(self._regs[at:end]).ljust(n, b"\0")

    def _write(self, at: int, value: int, t_ns: int) -> None:
        regs = self._regs
        if at == _SOFT_RESET:
            if value == 0x63:
                self.reset(t_ns)
            else:
                self.violate("reserved_bits", at, value)
        elif at == _ECR:
            self._run(value, t_ns)
        elif at == _STATUS_HIGH:
            if value & 0x80:
                regs[at] &= 0x7F  # OVCF is cleared by writing a 1 to it
            else:
                self.violate("read_only", at, value)
        elif at < _BASELINE:
            self.violate("read_only", at, value)
        elif at > _LAST:
            self.violate("unknown_write", at, value)
        elif regs[_ECR] & 0x3F and not (0x73 <= at <= 0x7A or at > _SOFT_RESET):
            self.violate("run_mode", at, value)
        else:
            regs[at] = value

    # -- measuring -----------------------------------------------------------------------

    def _run(self, ecr: int, t_ns: int) -> None:
        """Stop, or start with what the registers say."""
        regs = self._regs
        was_running = regs[_ECR] & 0x3F
        regs[_ECR] = ecr
        n = min(ecr & 0x0F, 12)
        numbers = [*range(n), *((12,) if ecr & 0x30 else ())]
        if not numbers or regs[_STATUS_HIGH] & 0x80:
            self._live = []
            return
        if was_running:
            self._keep(numbers, ecr >> 6)
            return
        cdt = regs[_CDT_GLOBAL]
        self._period_ns = _SFI[cdt >> 3 & 3] * (1 << (cdt & 7)) * 1_000_000
        self._from_ns = t_ns
        self._count = 0
        regs[_STATUS] = 0
        regs[_STATUS_HIGH] = 0
        if regs[_AUTO0] & 0x01:
            self._auto_configure(numbers, t_ns)
        self._live = [self._electrode(i, ecr >> 6, t_ns) for i in numbers]

    def _keep(self, numbers: list[int], tracking: int) -> None:
        """A new ECR without a stop: the electrodes that stay keep their baselines."""
        old = {e.number: e for e in self._live}
        t_ns = self._from_ns + self._count * self._period_ns
        self._live = [old.get(i) or self._electrode(i, tracking, t_ns) for i in numbers]
        for electrode in self._live:
            electrode.tracks = tracking != 1

    def _electrode(self, i: int, tracking: int, t_ns: int) -> Electrode:
        regs = self._regs
        base = _FILTERS if i < 12 else 0x36
        raw = regs[base : base + 11]
        electrode = Electrode(
            i,
            touch=regs[_TOUCH_TH + 2 * i],
            release=regs[_TOUCH_TH + 2 * i + 1],
            debounce_touch=regs[_DEBOUNCE] & 7,
            debounce_release=regs[_DEBOUNCE] >> 4 & 7,
            rising=Filter(raw[0], raw[1], raw[2], raw[3]),
            falling=Filter(raw[4], raw[5], raw[6], raw[7]),
            touched=Filter(1, raw[8], raw[9], raw[10]),
        )
        electrode.tracks = tracking != 1
        electrode.baseline = regs[_BASELINE + i] << 2
        electrode.full_scale = self._full_scale(i)
        counts = round(self._counts(i, t_ns))
        if tracking == 2:
            electrode.baseline = counts & 0x3E0
        elif tracking == 3:
            electrode.baseline = counts & 0x3FC
        regs[_BASELINE + i] = electrode.baseline >> 2
        return electrode

    def _full_scale(self, i: int) -> float:
        """Electrode data times picofarads: what charge current and time come to."""
        regs = self._regs
        cdc_ua = regs[_CDC + i] & 0x3F or regs[_CDC_GLOBAL] & 0x3F
        cdt = regs[_CDT + i // 2] >> (4 * (i & 1)) & 7 or regs[_CDT_GLOBAL] >> 5
        charge_pc = cdc_ua * (0.25 * (1 << cdt)) if cdt else 0.0
        return charge_pc / _SUPPLY_V * 1024.0

    def _counts(self, i: int, t_ns: int) -> float:
        """Electrode data without noise, 0..1023."""
        force_n = self.scene.pad_force_n(t_ns)[i] if i < 3 else 0.0
        return min(self._full_scale(i) / _picofarad(i, force_n), 1023.0)

    def _auto_configure(self, numbers: list[int], t_ns: int) -> None:
        """Search charge time and current of each electrode for the target level (AN3889)."""
        regs = self._regs
        if regs[_AUTO0] >> 6 != regs[_CDC_GLOBAL] >> 6:
            self.violate("protocol", _AUTO0, regs[_AUTO0])  # both FFI must be the same
        low, high, target = regs[_LSL] << 2, regs[_USL] << 2, regs[_TARGET] << 2
        failed = 0
        for i in numbers:
            force_n = self.scene.pad_force_n(t_ns)[i] if i < 3 else 0.0
            wanted_pc = target / 1024.0 * _picofarad(i, force_n) * _SUPPLY_V
            times = range(1, 8) if not regs[_AUTO1] & 0x80 else (regs[_CDT_GLOBAL] >> 5 or 1,)
            found = [(c, t) for t in times if (c := int(wanted_pc / (0.25 * (1 << t)))) <= 63]
            cdc, cdt = found[0] if found else (63, 7)
            regs[_CDC + i] = cdc
            shift = 4 * (i & 1)
            at = _CDT + i // 2
            regs[at] = regs[at] & ~(7 << shift) & 0xFF | cdt << shift
            if not cdc or not low <= self._counts(i, t_ns) <= high:
                failed |= 1 << i
        regs[_RANGE] = failed & 0xFF
        regs[_RANGE + 1] = failed >> 8 | (0x80 if failed else 0)

    def _settle(self, t_ns: int) -> None:
        if not self._live or self._frozen:
            return
        due = (t_ns - self._from_ns) // self._period_ns
        if due <= self._count:
            return
        regs = self._regs
        count = max(self._count, due - _CATCH_UP)
        before = regs[_STATUS] | (regs[_STATUS_HIGH] & 0x1F) << 8
        status = before
        while count < due:
            count += 1
            forces_n = self.scene.pad_force_n(self._from_ns + count * self._period_ns)
            for electrode in self._live:
                i = electrode.number
                if electrode.idle:
                    continue  # a bare pin that has settled
                picofarad = _picofarad(i, forces_n[i]) if i < 3 else _BARE_PF
                counts = int(electrode.full_scale / picofarad + self.noise() * _NOISE_COUNTS + 0.5)
                if self._stuck_counts is not None and i < 3:
                    counts = self._stuck_counts
                counts = min(max(counts, 0), 1023)
                if electrode.step(counts):
                    status |= 1 << i
                else:
                    status &= ~(1 << i)
                electrode.idle = i > 2 and (
                    not electrode.tracks or abs(electrode.baseline - counts) <= 2
                )
        for electrode in self._live:
            i = electrode.number
            regs[_DATA + 2 * i] = electrode.data & 0xFF
            regs[_DATA + 2 * i + 1] = electrode.data >> 8
            regs[_BASELINE + i] = electrode.baseline >> 2
        if status != before:
            self._irq = True
            regs[_STATUS] = status & 0xFF
            regs[_STATUS_HIGH] = regs[_STATUS_HIGH] & 0xE0 | status >> 8
        self._count = due

    def irq(self) -> bool:
        """True while the chip pulls its IRQ line low: a status change nobody has read."""
        self._settle(self.clock.now_ns())
        return self._irq

    # -- fault verbs ---------------------------------------------------------------------

    def _resume(self, t_ns: int) -> None:
        self._count = (t_ns - self._from_ns) // self._period_ns

    def stick(self, stuck: bool) -> None:
        """The three pads' data reads 520 counts; False ends it."""
        self._stuck_counts = _STUCK_COUNTS if stuck else None

    def overcurrent(self) -> None:
        """REXT over-current: OVCF is set, the chip stops, all electrodes are dead."""
        self._settle(self.clock.now_ns())
        self._regs[_STATUS] = 0
        self._regs[_STATUS_HIGH] = 0x80
        self._regs[_ECR] &= 0xC0
        self._live = []
        self._irq = True


def _picofarad(i: int, force_n: float) -> float:
    """Capacitance of electrode ``i`` under ``force_n`` newtons."""
    if i > 2:
        return _BARE_PF
    return pad_pf(i, force_n)
