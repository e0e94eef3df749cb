"""Is a pad closed though nobody touches it?"""

from __future__ import annotations

from device.doctor.contact import held_closed
from device.doctor.found import Found, degraded, ok
from device.doctor.visit import Visit


def pads_closed(visit: Visit) -> Found:
    parts = visit.judged("pads")
    if isinstance(parts, Found):
        return parts
    held = held_closed(visit, parts[0])
    if not held:
        return ok("no pad is held closed", {"held_closed": 0})
    words = f"{', '.join(held)} closed: stuck, or somebody holds the dowel"
    return degraded(words, {"held_closed": len(held)})
