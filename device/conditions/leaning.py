"""Somebody leans: against the wall, or with the dowel to one side."""

from __future__ import annotations

from device.conditions.distance import TOUCHES_MM
from device.conditions.rule import Condition, WallView

SIDE_DEG = 10.0


def _holds(view: WallView) -> bool:
    if view.moving or view.covered:
        return False
    against = view.nearest_mm is not None and view.nearest_mm < TOUCHES_MM
    aside = view.zeroed and view.worn and abs(view.side_moved_deg) > SIDE_DEG
    return against or aside


LEANING = Condition("LEANING", _holds, on_ms=700)
