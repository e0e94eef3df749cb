"""Does each chip acknowledge its address, and go on doing so?"""

from __future__ import annotations

from device.doctor.found import Found, broken, ok, worst
from device.doctor.visit import Organ, Part, Visit
from drivers.errors import BusFault
from drivers.link import NACKS


def absent(part: Part) -> bool:
    """Nobody acknowledges, and nobody did."""
    fault = part.start_fault
    return isinstance(fault, BusFault) and fault.errno in NACKS and not part.acknowledged


def answers(visit: Visit, sensor: Organ) -> Found:
    why = visit.not_measured(sensor)
    return why or worst(_of(part) for part in visit.of(sensor))


def _of(part: Part) -> Found:
    if absent(part):
        return broken(f"{part.name}: no acknowledge")
    if part.gone:
        return broken(f"{part.name}: answered first, then no more")
    return ok(f"{part.name} answers")
