"""Is a line of a bus held low?"""

from __future__ import annotations

from device.doctor.found import Found, broken, ok, skipped, worst
from device.doctor.visit import Visit


def bus_stuck(visit: Visit) -> Found:
    if (held := visit.held()) is not None:
        return held
    open_wires = [wire for wire in visit.wires.values() if wire.why is None]
    if not open_wires:
        return skipped("no bus is open")
    return worst(
        broken(f"{wire.name}: transfers time out (errno 110), SDA or SCL is held low")
        if wire.stuck
        else ok(f"{wire.name} is free")
        for wire in open_wires
    )
