"""Which versions are these?"""

from __future__ import annotations

from device.doctor.found import Found, ok
from device.doctor.visit import Visit


def versions(visit: Visit) -> Found:
    told = visit.machine.versions
    return ok(", ".join(f"{name} {value}" for name, value in told.items() if value), dict(told))
