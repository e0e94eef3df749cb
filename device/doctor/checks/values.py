"""Do the values live, or is it the same one for ever?"""

from __future__ import annotations

from typing import Any

from device.doctor.contact import ENOUGH, flat_pads
from device.doctor.found import Found, broken, ok, skipped, worst
from device.doctor.visit import Organ, Part, Visit, imu_samples, tof_samples
from drivers.errors import StuckData


def values(visit: Visit, sensor: Organ) -> Found:
    stuck = [
        fault for part in visit.of(sensor) for fault in part.faults if isinstance(fault, StuckData)
    ]
    if stuck:
        return broken(str(stuck[0]))
    parts = visit.judged(sensor)
    if isinstance(parts, Found):
        return parts
    return worst(_of(visit, part) for part in parts)


def _of(visit: Visit, part: Part) -> Found:
    if part.sensor == "pads":
        flat = flat_pads(visit, part)
        if flat:
            return broken(f"{', '.join(flat)} pad: the same level all the time, without noise")
        return ok("levels show noise, or stand at the end of their scale")
    rows: list[Any] = (
        [s.range_mm for s in tof_samples(part) if s.valid]
        if part.sensor == "tof"
        else [s[1:] for s in imu_samples(part)]
    )
    if len(rows) < ENOUGH:
        return skipped(f"{part.name}: too few values to tell")
    return ok(f"{part.name}: values show their noise")
