"""Knees before hips: a milder squat, seen in the drop beyond that of a balanced hinge.

In drills where only the order counts the depth is free: the hips must not have gone down while
the trunk had hardly begun to tilt.

The excess drop alone decides where it is clear; a smaller one needs the shin or an early drop to
say the same. On the body model the excess parts the two better than the shin, whose inverse
kinematics are singular near straight legs.
"""

from __future__ import annotations

from device.faults.rule import Fault, RepView
from device.limits import Stage
from device.reps import MIN_DROP_MM


def _out_of_order(view: RepView) -> bool:
    m, log = view.measured, view.log
    if m.early_drop_mm is None:
        return m.hip_drop_mm > MIN_DROP_MM
    return m.early_drop_mm > log.early_drop_mm


def _rep(view: RepView) -> int | None:
    m, log = view.measured, view.log
    if view.drill.order_only:
        return m.bottom_ns if _out_of_order(view) else None
    stature_mm = 1e3 * view.stature_m
    # Unlocking the knees first is right; going on with them is not: the bottom must show it.
    sure_mm = log.sure_sds * m.drop_sd_mm
    if m.excess_drop_mm > max(view.excess_share * stature_mm, sure_mm):
        return m.bottom_ns
    if m.excess_drop_mm <= max(log.shin_excess_share * stature_mm, sure_mm):
        return None
    leaning = m.shin_angle_deg is not None and m.shin_angle_deg > log.shin_deg
    early = m.early_drop_mm is not None and m.early_drop_mm > log.early_drop_mm
    return m.bottom_ns if leaning or early else None


def _beyond(view: RepView, stage: Stage) -> bool:
    m = view.measured
    if view.drill.order_only:
        return True
    if m.early_drop_mm is not None and m.early_drop_mm > view.log.early_drop_mm:
        return True
    if m.excess_drop_mm > view.log.gross_excess_share * 1e3 * view.stature_m:
        return True
    return m.shin_angle_deg is not None and m.shin_angle_deg > stage.shin_deg


KNEES_FIRST = Fault(
    code="KNEES_FIRST",
    priority=3,
    words="Hips before knees",
    again="Start with the hips",
    names=True,
    rep=_rep,
    beyond=_beyond,
)
