"""Can the buses be opened?"""

from __future__ import annotations

from device.doctor.found import Found, broken, ok, worst
from device.doctor.visit import Visit


def bus_node(visit: Visit) -> Found:
    if (held := visit.held()) is not None:
        return held
    return worst(
        ok(f"{wire.name} opens") if wire.why is None else broken(str(wire.why))
        for wire in visit.wires.values()
    )
