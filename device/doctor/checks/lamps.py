"""Is every lamp seen to light?"""

from __future__ import annotations

from device.doctor.found import Found
from device.doctor.outputs import told
from device.doctor.visit import Visit
from drivers.outputs import BUZZER, OUTPUTS, VIBRATION

LAMPS = tuple(name for name in OUTPUTS if name not in (BUZZER, VIBRATION))


def lamps(visit: Visit) -> Found:
    return told(visit, LAMPS, "lit")
