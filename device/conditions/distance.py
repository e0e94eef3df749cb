"""Stands too near to the wall to hinge at all, or too far for the ranger."""

from __future__ import annotations

from device.conditions.rule import Condition, WallView

NEAR_MM = 100.0
"""The butt would meet the wall at a tilt of about 20 deg (1.75 m: 0.1545 H sin 20 = 92 mm)."""
TOUCHES_MM = 60.0
"""Whoever leans on the wall; the beam also meets what is not against it."""
FAR_MM = 1000.0
"""Further than any drill asks for; short mode ends at 1.3 m from the glass."""


def _too_near(view: WallView) -> bool:
    gap_mm = view.nearest_mm
    standing = view.worn and not view.moving and view.lean_deg < 20.0 and not view.covered
    return standing and gap_mm is not None and TOUCHES_MM <= gap_mm < NEAR_MM


def _too_far(view: WallView) -> bool:
    out = view.gap_mm is None or view.gap_mm > FAR_MM
    standing = view.worn and not view.moving and view.lean_deg < 20.0
    return view.uses_tof and standing and out and not view.hangs and "tof" not in view.lost


TOO_NEAR = Condition("TOO_NEAR", _too_near, on_ms=700)
TOO_FAR = Condition("TOO_FAR", _too_far, on_ms=700)
