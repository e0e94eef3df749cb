"""Can the pins be had?"""

from __future__ import annotations

from device.doctor.found import Found, broken, ok
from device.doctor.visit import Visit


def pins(visit: Visit) -> Found:
    if (held := visit.held()) is not None:
        return held
    if visit.pins_error is not None:
        return broken(visit.pins_error)
    return ok("lamps, buzzer, keys and XSHUT have their pins")
