"""A VL53L4CD at register level: what sets it apart in its family.

Not documented, and decided by its ULD's formula for the timing budget:

* A timed ranging (0x40) takes both phases and 4300 us; back to back (0x20, 0x21) the two phases
  take turns, and a ranging is one of them and 2500 us.
* A millisecond is 1.055 times the oscillator calibration in ticks of the timer, as ULD writes it
  (reading back it takes 1.065).
"""

from __future__ import annotations

from drivers.sim.vl53 import MODE_START, SimVl53

_TIMED_US = 4300.0
_BACK_TO_BACK_US = 2500.0


class SimVl53l4cd(SimVl53):
    """The chip."""

    kind = "vl53l4cd"
    model = b"\xeb\xaa\x10"
    osc_frequency = 0xBC00  # 11.75 MHz
    ticks_per_ms = 1.055

    def _durations_us(self, a_us: float, b_us: float) -> tuple[float, float]:
        if self._regs[MODE_START] & 0x20:
            return (a_us + b_us) / 2.0, _BACK_TO_BACK_US
        return a_us + b_us, _TIMED_US
