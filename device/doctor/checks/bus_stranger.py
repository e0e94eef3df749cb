"""Who else answers on the buses?"""

from __future__ import annotations

from device.doctor.found import Found, degraded, ok, skipped
from device.doctor.visit import Visit


def bus_stranger(visit: Visit) -> Found:
    if (held := visit.held()) is not None:
        return held
    if not visit.strangers:
        return skipped("no bus could be scanned")
    found = [
        f"0x{address:02X} on {bus}"
        for bus, addresses in visit.strangers.items()
        for address in addresses
    ]
    if found:
        return degraded(f"somebody answers at {', '.join(found)}", {"strangers": len(found)})
    return ok(f"nobody else answers on {', '.join(visit.strangers)}", {"strangers": 0})
