"""What the rangers see: common to the checks of it."""

from __future__ import annotations

from statistics import median
from typing import Final

from device.doctor.visit import Part, Visit, tof_samples
from device.range_watch import COVERED_MM

NO_TARGET: Final = 2
CLIPPED: Final = 3
"""Of ``drivers.samples.TofSample.status``."""
LEAST_COVER_MM: Final = 20.0
LIGHT_KCPS: Final = 1000.0
"""Ambient light in all SPADs. Indoors: tens; sun on the target: thousands."""


def is_covered(visit: Visit, part: Part) -> bool:
    """Most of what comes back comes from nearer than the wall's face."""
    limit_mm = max(visit.config.tof.recess_mm - COVERED_MM, LEAST_COVER_MM)
    near = [
        s.status == CLIPPED or (s.status != NO_TARGET and s.range_mm < limit_mm)
        for s in tof_samples(part)
    ]
    return sum(near) > len(near) / 2


def ambient_kcps(part: Part) -> float:
    return median(s.ambient_kcps for s in tof_samples(part))
