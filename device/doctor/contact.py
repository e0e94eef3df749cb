"""What the pads show while nobody touches them."""

from __future__ import annotations

from typing import Final

import numpy as np

from device.doctor.visit import Part, Visit, pad_samples
from drivers import CHIPS
from drivers.samples import PADS

ENOUGH: Final = 40
"""So many equal values at the end no healthy chip gives: each has noise of a count or more."""
OPEN_LEVEL: Final = 0.02
"""An open force pad rests at the end of the scale, where noise does not show."""
BEND: Final = 1e-6
"""Largest second difference of a level that only its zero's slow tracking moves."""


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


def held_closed(visit: Visit, part: Part) -> list[str]:
    """Pads that were closed to the end, before anybody was asked to touch them."""
    dead = flat_pads(visit, part)
    held = []
    for pad, name in enumerate(PADS):
        mine = [s.closed for s in pad_samples(part) if s.pad == pad][-ENOUGH:]
        if len(mine) == ENOUGH and all(mine) and name not in dead:
            held.append(name)
    return held
