"""Does the supply hold its voltage?"""

from __future__ import annotations

from device.doctor.found import Found, broken, degraded, ok, skipped
from device.doctor.visit import Visit


def supply(visit: Visit) -> Found:
    machine = visit.machine
    if not machine.is_pi:
        return skipped(f"not a Raspberry Pi ({machine.model})")
    now, before = machine.undervoltage_now, machine.undervoltage_since_boot
    if now is None:
        return skipped("the firmware does not tell")
    figures = {"undervoltage_now": now, "undervoltage_since_boot": before}
    if now:
        return broken("undervoltage now", figures)
    if before:
        return degraded("undervoltage since the start, not now", figures)
    return ok("no undervoltage", figures)
