"""Does each chip come up?"""

from __future__ import annotations

from device.doctor.checks.answers import absent
from device.doctor.found import Found, broken, ok, skipped, worst
from device.doctor.visit import Organ, Part, Visit
from drivers.errors import WrongChip


def starts(visit: Visit, sensor: Organ) -> Found:
    why = visit.not_measured(sensor)
    return why or worst(_of(part) for part in visit.of(sensor))


def _of(part: Part) -> Found:
    if absent(part) or isinstance(part.start_fault, WrongChip):
        return skipped(f"{part.name}: not the chip to start")
    if part.start_fault is not None:
        return broken(str(part.start_fault))
    return ok(f"{part.name} started")
