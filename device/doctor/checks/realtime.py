"""Does the device program get real time?"""

from __future__ import annotations

from device.doctor.found import Found, degraded, ok
from device.doctor.visit import Visit


def realtime(visit: Visit) -> Found:
    machine = visit.machine
    figures = {"realtime": machine.realtime}
    if machine.realtime:
        return ok(machine.realtime_words, figures)
    return degraded(machine.realtime_words, figures)
