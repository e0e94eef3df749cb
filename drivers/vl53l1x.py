"""VL53L1X time-of-flight ranger (4 m).

Registers: ST's VL53L1X ultra-lite driver (ULD 3.5.0), its register map, and DocID031281.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Literal, Unpack

from drivers.bus import Bus
from drivers.clock import Clock
from drivers.vl53 import DEFAULT_ADDRESS, Fitted, Program, Timing, Variant, Vl53

NAME = "VL53L1X"

DistanceMode = Literal["short", "long"]

_VARIANT = Variant(
    model=b"\xea\xcc",
    # Long mode, 100 ms budget, a range every 103 ms, an active-high interrupt.
    defaults=bytes.fromhex(
        "00000001020002080008100101000000"
        "00FF000F0000000000200B0000020A21"
        "00000500000000C8000038FF01000800"
        "0001CC0F01F10D01680080"
        "08B8000000"
        "000F89000000000000"
        "00010F0D0E0E00"
        "0002C7FF9B000000010000"
    ),
    # Two loop bounds, and start from the temperature of the first range.
    after_first_range=(b"\x00\x08\x09", b"\x00\x0b\x00"),
    ticks_per_ms=1.075,
    drops_first=False,
    peak_signal=False,
)
# mode -> 0x4B, 0x60, 0x63, 0x69, 0x78 (2 bytes), 0x7A (2 bytes)
_MODES: dict[str, tuple[int, int, int, int, bytes]] = {
    "short": (0x14, 0x07, 0x05, 0x38, bytes.fromhex("07050606")),
    "long": (0x0A, 0x0F, 0x0D, 0xB8, bytes.fromhex("0F0D0E0E")),
}
# mode -> budget in ms -> RANGE_CONFIG__TIMEOUT_MACROP_A, _B (ULD's table)
_BUDGETS: dict[str, dict[int, tuple[int, int]]] = {
    "short": {
        15: (0x001D, 0x0027),
        20: (0x0051, 0x006E),
        33: (0x00D6, 0x006E),
        50: (0x01AE, 0x01E8),
        100: (0x02E1, 0x0388),
        200: (0x03E1, 0x0496),
        500: (0x0591, 0x05C1),
    },
    "long": {
        20: (0x001E, 0x0022),
        33: (0x0060, 0x006E),
        50: (0x00AD, 0x00C6),
        100: (0x01CC, 0x01EA),
        200: (0x02D9, 0x02F8),
        500: (0x048F, 0x04A4),
    },
}
# ST UM2510: the inter-measurement period must be at least the budget + 4 ms.
_TIMINGS = {mode: Timing(tuple(table), 4, unpaused=False) for mode, table in _BUDGETS.items()}


class Vl53l1x(Vl53):
    """One ranger that ranges by itself every ``inter_measurement_ms``.

    Args:
        bus: The wall's bus.
        clock: Bounds every wait, and stamps the samples.
        address: 7 bits, see ``Vl53``.
        distance_mode: ``short`` (1.36 m, robust in daylight) or ``long`` (4 m in the dark).
        timing_budget_ms: One of ULD's table for the mode.
        inter_measurement_ms: At least the budget + 4 ms.
        fitted: Calibration and pins, see ``Fitted``.

    Raises:
        ValueError: A setting the chip does not have; says what is allowed.
    """

    name = NAME
    variant = _VARIANT
    timing = _TIMINGS["short"]

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        address: int = DEFAULT_ADDRESS,
        *,
        distance_mode: DistanceMode = "short",
        timing_budget_ms: int = 20,
        inter_measurement_ms: int = 24,
        **fitted: Unpack[Fitted],
    ) -> None:
        if distance_mode not in _MODES:
            raise ValueError(f"{NAME} distance mode {distance_mode!r}, allowed: short, long")
        timing = _TIMINGS[distance_mode]
        timing.check(f"{NAME} in {distance_mode} mode:", timing_budget_ms, inter_measurement_ms)
        phasecal, period_a, period_b, phase_high, sd = _MODES[distance_mode]
        macro_a, macro_b = _BUDGETS[distance_mode][timing_budget_ms]
        settings = (
            bytes((0x00, 0x4B, phasecal)),
            b"\x00\x5e" + struct.pack(">HBHB", macro_a, period_a, macro_b, period_b),
            bytes((0x00, 0x69, phase_high)),
            b"\x00\x78" + sd,
        )

        def of(oscillator: int) -> Sequence[bytes]:
            return settings  # ST's table holds for any part's oscillator

        program = Program(of, inter_measurement_ms, timed=True, start=0x40)
        super().__init__(bus, clock, address, program, **fitted)
