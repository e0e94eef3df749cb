"""Is each chip the one that is configured?"""

from __future__ import annotations

from device.doctor.checks.answers import absent
from device.doctor.found import Found, broken, ok, skipped, worst
from device.doctor.visit import Organ, Part, Visit
from drivers.errors import WrongChip


def identity(visit: Visit, sensor: Organ) -> Found:
    why = visit.not_measured(sensor)
    return why or worst(_of(part) for part in visit.of(sensor))


def _of(part: Part) -> Found:
    if absent(part):
        return skipped(f"{part.name}: nobody to ask")
    if isinstance(part.start_fault, WrongChip):
        return broken(str(part.start_fault))
    if not part.started and not part.driver.identity:
        return skipped(f"{part.name}: it was not reached")
    said = part.driver.identity or "no identity register; its settings read back"
    return ok(f"{part.name}: {said}", {f"{part.driver.name}_0x{part.driver.address:02X}": said})
