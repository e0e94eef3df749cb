"""Is the motor felt?"""

from __future__ import annotations

from device.doctor.found import Found, skipped
from device.doctor.outputs import told
from device.doctor.visit import Visit
from drivers.outputs import VIBRATION


def vibration(visit: Visit) -> Found:
    if not visit.config.outputs.vibration:
        return skipped("none fitted")
    if any(not part.started or part.faults for part in visit.of("haptic")):
        return skipped("the motor's chip does not work")
    return told(visit, (VIBRATION,), "felt")
