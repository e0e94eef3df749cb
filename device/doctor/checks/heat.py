"""How hot is the processor?"""

from __future__ import annotations

from typing import Final

from device.doctor.found import Found, broken, degraded, ok, skipped
from device.doctor.visit import Visit

HOT_C: Final = 80.0
"""From here on a Pi slows itself down."""
TOO_HOT_C: Final = 85.0


def heat(visit: Visit) -> Found:
    machine = visit.machine
    degrees_c = machine.cpu_temp_c
    if degrees_c is None:
        return skipped("no temperature to read")
    slowed = bool(machine.throttled_now) and not machine.undervoltage_now
    figures = {"cpu_temp_c": round(degrees_c, 1), "throttled_now": machine.throttled_now}
    words = f"{degrees_c:.0f} C{', slowed down' if slowed else ''}"
    if degrees_c >= TOO_HOT_C:
        return broken(words, figures)
    return degraded(words, figures) if degrees_c >= HOT_C or slowed else ok(words, figures)
