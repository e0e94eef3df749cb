"""Is the station itself at work, and if so: how is it?"""

from __future__ import annotations

from device.doctor.found import Found, ok
from device.doctor.visit import Visit


def station(visit: Visit) -> Found:
    if not visit.running:
        return ok("not running: the chips were measured directly", {"running": False})
    told = visit.log.station()
    return Found(told.status, told.words, {"running": True, **told.figures})
