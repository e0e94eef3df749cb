"""Does something stand on the window?"""

from __future__ import annotations

from statistics import median

from device.doctor.found import Found, broken, ok, worst
from device.doctor.scene import is_covered
from device.doctor.visit import Part, Visit, tof_samples


def tof_covered(visit: Visit) -> Found:
    parts = visit.judged("tof")
    if isinstance(parts, Found):
        return parts
    return worst(_covered(visit, part) for part in parts)


def _covered(visit: Visit, part: Part) -> Found:
    if is_covered(visit, part):
        mm = median(s.range_mm for s in tof_samples(part))
        return broken(
            f"{part.name}: {mm:.0f} mm, nearer than the wall's face", {"range_mm": round(mm)}
        )
    return ok(f"{part.name}: window free")
