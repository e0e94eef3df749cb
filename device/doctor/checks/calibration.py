"""Is the station calibrated, and still for these chips?"""

from __future__ import annotations

from collections import Counter
from typing import Final

from device.doctor.checks.clock import BUILT_UNIX_S
from device.doctor.found import Found, degraded, ok, skipped
from device.doctor.visit import Visit

STATES: Final = ("absent", "foreign", "mismatched", "stale")


def calibration(visit: Visit) -> Found:
    look = visit.calibration
    if look.said:
        return degraded("; ".join(said.rstrip(".") for said in look.said))
    if visit.machine.now_unix_s < BUILT_UNIX_S:
        return skipped("its age cannot be told by a clock that is not set")
    counted = Counter(one.state for one in look.judged)
    figures = {f"{state}_steps": n for state, n in sorted(counted.items())}
    words = []
    for state in STATES:
        steps = [one for one in look.judged if one.state == state]
        if steps:
            named = ", ".join(one.step for one in steps)
            why = "factory values are used" if state == "absent" else steps[0].why.rstrip(".")
            words.append(f"{state}: {named} ({why})")
    if words:
        return degraded("; ".join(words), figures)
    return ok(f"{counted['good']} steps, all good", figures)
