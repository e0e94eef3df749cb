"""A VL53L1X at register level: what sets it apart in its family.

ST's table of budgets holds within some per cent of its names when a ranging takes its two phases
(0x5E, 0x61, in macro periods of the part's own oscillator) plus 4528 us, plus 6800 us when the
second SPAD selection (DSS2, bit 4 of 0x0081) is on: so the twin takes them.
"""

from __future__ import annotations

from drivers.sim.vl53 import SEQUENCE, SimVl53

_GUARD_US = 4528.0
_DSS2_US = 6800.0


class SimVl53l1x(SimVl53):
    """The chip."""

    kind = "vl53l1x"
    model = b"\xea\xcc\x10"
    osc_frequency = 0xAF00  # 10.94 MHz
    ticks_per_ms = 1.075

    def _durations_us(self, a_us: float, b_us: float) -> tuple[float, float]:
        dss2_us = _DSS2_US if self._regs[SEQUENCE] & 0x10 else 0.0
        return a_us + b_us, _GUARD_US + dss2_us
