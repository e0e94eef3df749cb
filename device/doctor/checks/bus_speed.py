"""Does each bus run at the clock the configuration says?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from device.doctor.found import Found, degraded, ok, skipped, worst
from device.doctor.visit import Visit
from device.doctor.wire import Wire

SLOW: Final = 0.70
FAST: Final = 1.35
"""Of the configured clock. A Pi rounds to what its core clock divides into."""


def bus_speed(visit: Visit) -> Found:
    if (held := visit.held()) is not None:
        return held
    founds = [found for wire in visit.wires.values() if wire.usable for found in _of(wire)]
    return worst(founds) if founds else skipped("no bus carried transfers of different lengths")


def slow_bus(visit: Visit) -> str | None:
    """The bus that runs too slow, if one does: the loop waits for it, so all streams suffer."""
    for wire in visit.wires.values():
        hz = wire.measured_hz() if wire.usable else None
        if hz is not None and hz < SLOW * wire.hz:
            return wire.name
    return None


def _of(wire: Wire) -> Iterator[Found]:
    hz = wire.measured_hz()
    if hz is None:
        return
    words = f"{wire.name} {hz / 1e3:.0f} kHz of {wire.hz / 1e3:.0f}"
    figures = {f"{wire.name}_khz": round(hz / 1e3, 1)}
    fits = SLOW <= hz / wire.hz <= FAST
    yield ok(words, figures) if fits else degraded(words, figures)
