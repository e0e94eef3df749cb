"""Do the rangers' GPIO1 lines tell of new ranges?"""

from __future__ import annotations

from device.doctor.found import Found, degraded, ok, skipped
from device.doctor.visit import Visit


def tof_gpio1(visit: Visit) -> Found:
    why = visit.not_measured("tof")
    if why is not None:
        return why
    if not visit.config.pins.tof_gpio1:
        return skipped("none configured: the rangers are polled")
    if not visit.said:
        parts = visit.judged("tof")
        return parts if isinstance(parts, Found) else ok("the lines follow the chips")
    return degraded("; ".join(visit.said))
