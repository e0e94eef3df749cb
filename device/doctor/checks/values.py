"""Do the values live, or is it the same one for ever?"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from device.doctor.found import Found, broken, ok, skipped, worst
from device.doctor.visit import Part, Visit, imu_samples, pad_samples, tof_samples
from device.tick import Sensor
from drivers import CHIPS
from drivers.samples import PADS

ENOUGH: Final = 40
"""So many equal values at the end no healthy chip gives: each has noise of a count or more."""
OPEN_LEVEL: Final = 0.02
"""An open force pad rests at the end of the scale, where noise does not show."""
BEND: Final = 1e-6
"""Largest second difference of a level that only its zero's slow tracking moves."""


def values(visit: Visit, sensor: Sensor) -> Found:
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
    same = next((n for n, row in enumerate(reversed(rows)) if row != rows[-1]), len(rows))
    if same >= ENOUGH:
        return broken(f"{part.name}: the last {same} values are the very same")
    return ok(f"{part.name}: values show their noise")


def flat_pads(visit: Visit, part: Part) -> list[str]:
    """Names of the pads whose level is dead."""
    graded = CHIPS[visit.config.pads.chip].graded
    found = []
    for pad, name in enumerate(PADS):
        levels = np.array([s.level for s in pad_samples(part) if s.pad == pad])[-ENOUGH:]
        if len(levels) < ENOUGH or float(levels.max()) >= 1.0:
            continue
        if graded and float(levels.max()) < OPEN_LEVEL:
            continue
        if float(np.abs(np.diff(levels, 2)).max()) < BEND:
            found.append(name)
    return found
