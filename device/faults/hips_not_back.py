"""Bending without sending the hips back: less travel than a balanced hinge at this tilt.

A drill that asks for a reach is judged by that reach, whatever the tilt.
"""

from __future__ import annotations

from device.faults.rule import Fault, RepView
from device.limits import Stage


def _short(view: RepView) -> bool:
    """Short of the drill's reach, by more than the beam's own error."""
    travel, share = view.measured.hip_travel_mm, view.drill.reach_share
    if travel is None or share is None:
        return False
    return travel < 1e3 * share * view.stature_m - view.log.reach_error_mm


def _rep(view: RepView) -> int | None:
    m, log = view.measured, view.log
    if _short(view):
        return m.bottom_ns
    if m.hinge_ratio is None or m.peak_tilt_deg < log.ratio_tilt_deg:
        return None
    if m.excess_drop_mm > log.ratio_excess_share * 1e3 * view.stature_m:
        return None
    limit = log.ratio if view.stature_known else log.ratio_unknown_stature
    return m.bottom_ns if m.hinge_ratio < limit else None


def _beyond(view: RepView, stage: Stage) -> bool:
    if _short(view):
        return True
    ratio = view.measured.hinge_ratio
    return ratio is not None and ratio < stage.ratio


HIPS_NOT_BACK = Fault(
    code="HIPS_NOT_BACK",
    priority=4,
    words="Reach the butt to the wall",
    again="Close a door behind you",
    names=True,
    rep=_rep,
    beyond=_beyond,
)
