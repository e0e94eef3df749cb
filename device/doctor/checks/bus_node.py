"""Can the buses be opened?"""

from __future__ import annotations

from device.doctor.found import Found, broken, ok, skipped, worst
from device.doctor.visit import Visit


def bus_node(visit: Visit) -> Found:
    if visit.running:
        return skipped("the station is running and holds the buses")
    return worst(
        ok(f"{wire.name} opens") if wire.why is None else broken(str(wire.why))
        for wire in visit.wires.values()
    )
