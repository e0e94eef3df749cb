"""Is the buzzer heard?"""

from __future__ import annotations

from device.doctor.found import Found
from device.doctor.outputs import told
from device.doctor.visit import Visit
from drivers.outputs import BUZZER


def buzzer(visit: Visit) -> Found:
    return told(visit, (BUZZER,), "heard")
