"""Is the station itself at work, and if so: how is it?"""

from __future__ import annotations

from device.doctor.found import Found, degraded, ok
from device.doctor.visit import Visit


def station(visit: Visit) -> Found:
    if visit.at_work == "unknown":
        folder = visit.config.paths.socket_dir
        return degraded(
            f"whether it runs cannot be told: this user may not use {folder}; "
            "be of the group hinge, or use sudo"
        )
    if not visit.running:
        return ok("not running: the chips were measured directly", {"running": False})
    told = visit.log.station()
    return Found(told.status, told.words, {"running": True, **told.figures})
