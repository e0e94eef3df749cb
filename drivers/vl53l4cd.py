"""VL53L4CD time-of-flight ranger (1 mm to 1.3 m, up to 100 Hz).

Registers and formulas: ST's VL53L4CD ultra-lite driver (ULD).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from drivers.bus import Bus
from drivers.clock import Clock
from drivers.vl53 import DEFAULT_ADDRESS, Fitted, Program, Timing, Variant, Vl53

NAME = "VL53L4CD"

_VARIANT = Variant(
    model=b"\xeb\xaa",
    # Short VCSEL periods, sigma limit 40 mm, a range every 103 ms, an active-low interrupt.
    defaults=bytes.fromhex(
        "12000011020002080008100101000000"
        "00FF000F0000000000200B0000021421"
        "00000500000000C8000038FF01000800"
        "0001CC0701F10500A00080"
        "0838000000"
        "000F89000000000000"
        "0001070506060000"
        "02C7FF9B000000010000"
    ),
    # As the VL53L1X's, and a wanted signal rate of 10 Mcps.
    after_first_range=(b"\x00\x08\x09", b"\x00\x0b\x00", b"\x00\x24\x05\x00"),
    ticks_per_ms=1.055,
    drops_first=True,
    peak_signal=True,
)
_TIMED, _UNPAUSED = 0x40, 0x21
_CLOCKS_A, _CLOCKS_B = 16, 12
"""PLL clocks of the two VCSEL periods."""


def timeout_code(phase_us: int, oscillator: int, clocks: int) -> int:
    """A phase's length for RANGE_CONFIG__TIMEOUT_MACROP_A (16 clocks) or _B (12).

    ULD's own integer arithmetic; coded are macro periods of 2304 VCSEL periods, less one, as
    (low byte) << (high byte).
    """
    macro_us = 2304 * (1 << 30) // oscillator >> 6  # of one clock; 12 binary places
    scaled = macro_us * clocks >> 6
    low, high = ((phase_us << 12) + (scaled >> 1)) // scaled - 1, 0
    while low > 0xFF:
        low >>= 1
        high += 1
    return high << 8 | low


class Vl53l4cd(Vl53):
    """One ranger that ranges by itself every ``inter_measurement_ms``.

    It has no distance mode and no region of interest.

    Args:
        bus: The wall's bus.
        clock: Bounds every wait, and stamps the samples.
        address: 7 bits, see ``Vl53``.
        timing_budget_ms: 10 to 200.
        inter_measurement_ms: More than the budget; or equal: ranges without a pause, to 100 Hz.
        fitted: Calibration and pins, see ``Fitted``.

    Raises:
        ValueError: A setting the chip does not have; says what is allowed.
    """

    name = NAME
    variant = _VARIANT
    timing = Timing(range(10, 201), 1, unpaused=True)

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        address: int = DEFAULT_ADDRESS,
        *,
        timing_budget_ms: int = 20,
        inter_measurement_ms: int = 24,
        **fitted: Unpack[Fitted],
    ) -> None:
        self.timing.check(NAME, timing_budget_ms, inter_measurement_ms)
        timed = inter_measurement_ms > timing_budget_ms
        budget_us = timing_budget_ms * 1000
        # Timed, both phases share one budget; unpaused, each range is one phase.
        phase_us = (budget_us - 4300) // 2 if timed else budget_us - 2500

        def of(oscillator: int) -> Sequence[bytes]:
            a, b = (timeout_code(phase_us, oscillator, n) for n in (_CLOCKS_A, _CLOCKS_B))
            return b"\x00\x5e" + a.to_bytes(2, "big"), b"\x00\x61" + b.to_bytes(2, "big")

        start = _TIMED if timed else _UNPAUSED
        super().__init__(
            bus, clock, address, Program(of, inter_measurement_ms, timed, start), **fitted
        )
