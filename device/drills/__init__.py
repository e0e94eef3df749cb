"""The drills: one file each, one line each in ``DRILLS``."""

from __future__ import annotations

from device.drills.dowel import DOWEL
from device.drills.drill import Drill

DRILLS: dict[str, Drill] = {
    DOWEL.name: DOWEL,
}

__all__ = ["DRILLS", "Drill"]
