"""Can what each chip delivers be true, and does it keep its settings?"""

from __future__ import annotations

from device.doctor.found import Found, broken, ok, skipped, worst
from device.doctor.visit import Organ, Part, Visit
from drivers.errors import ChipTimeout, StuckData


def data(visit: Visit, sensor: Organ) -> Found:
    why = visit.not_measured(sensor)
    return why or worst(_of(part) for part in visit.of(sensor))


def _of(part: Part) -> Found:
    if not part.started or part.gone:
        return skipped(f"{part.name} does not deliver")
    untrue = [fault for fault in part.faults if not isinstance(fault, ChipTimeout | StuckData)]
    if untrue and not isinstance(part.faults[0], ChipTimeout):
        return broken(f"{len(untrue)} times: {untrue[0]}")
    return ok(f"{part.name}: no false tag, no lost setting")
