"""Do the two keys come and go?"""

from __future__ import annotations

from device.doctor.found import Found, broken, ok, skipped
from device.doctor.measure import KEYS
from device.doctor.visit import Visit


def keys(visit: Visit) -> Found:
    if (held := visit.held()) is not None:
        return held
    if visit.pins_error is not None:
        return skipped("the pins could not be had")
    stuck = [name.upper() for name in KEYS if name not in visit.keys_up]
    if stuck:
        return broken(f"{', '.join(stuck)} pressed all the time")
    if not visit.asked_to_press:
        return ok("none is pressed; whether they close was not asked")
    never = [name.upper() for name in KEYS if name not in visit.keys_down]
    if never:
        return broken(f"{', '.join(never)} did not come when pressed")
    return ok("NEXT and STOP open and close")
