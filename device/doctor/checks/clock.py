"""Date, synchronisation, battery clock."""

from __future__ import annotations

import datetime
from typing import Final

from device.doctor.found import Figures, Found, broken, degraded, ok
from device.doctor.visit import Visit

BUILT_UNIX_S: Final = 1_763_596_800.0
"""2025-11-20: no station can be older than its program."""


def clock(visit: Visit) -> Found:
    machine = visit.machine
    now = datetime.datetime.fromtimestamp(machine.now_unix_s, datetime.UTC)
    date = f"{now:%Y-%m-%d %H:%M} UTC"
    figures: Figures = {"date": date, "synchronised": machine.clock_synced, "rtc": machine.has_rtc}
    if machine.now_unix_s < BUILT_UNIX_S:
        return broken(f"{date} is older than this program", figures)
    if machine.clock_synced:
        return ok(f"{date}, synchronised", figures)
    if machine.has_rtc:
        return ok(f"{date}, not synchronised, kept by a battery clock", figures)
    return degraded(f"{date}, not synchronised, and no battery clock", figures)
