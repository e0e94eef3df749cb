"""Knees before hips: a milder squat, seen in the drop beyond that of a balanced hinge.

The excess drop at the bottom decides where it is clear. A smaller one counts when something else
says the same: the lead of the knees on the way down, the shin, or a drop at the very beginning.
Unlocking the knees first is right; going on with them is not, so the bottom must show it too.

In drills where only the order counts the depth is free: the hips must not have gone down while
the trunk had hardly begun to tilt.
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


def evidence_mm(view: RepView) -> float:
    """Excess drop, and the knees' lead as what it counts for."""
    m, log = view.measured, view.log
    if m.lead_mm is None or m.excess_drop_mm <= log.lead_least_share * 1e3 * view.stature_m:
        return m.excess_drop_mm
    return m.excess_drop_mm + log.lead_counts * min(max(m.lead_mm, 0.0), log.lead_most_mm)


def least_mm(view: RepView) -> float:
    """What the evidence must pass."""
    log, share = view.log, view.excess_share
    if not view.measured.contacts_kept:
        share = max(share, log.rounded_excess_share)
    return share * 1e3 * view.stature_m


def _rep(view: RepView) -> int | None:
    m, log = view.measured, view.log
    if view.drill.order_only:
        return m.bottom_ns if _out_of_order(view) else None
    sds = log.sure_sds if m.contacts_kept else log.rounded_sure_sds
    sure_mm = sds * m.drop_sd_mm
    if evidence_mm(view) > max(least_mm(view), sure_mm):
        return m.bottom_ns
    if m.excess_drop_mm <= max(log.shin_excess_share * 1e3 * view.stature_m, sure_mm):
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
