"""Knees before hips: a milder squat, seen in the shin or in an early drop."""

from __future__ import annotations

from device.anthropometry import balanced_shin_deg
from device.faults.rule import Fault, RepView
from device.limits import Stage


def _rep(view: RepView) -> int | None:
    m, log = view.measured, view.log
    # Unlocking the knees first is right; going on with them is not: the bottom must show it.
    least_mm = max(log.shin_excess_share * 1e3 * view.stature_m, log.sure_sds * m.drop_sd_mm)
    if m.excess_drop_mm <= least_mm:
        return None
    shin = m.shin_angle_deg
    if shin is None:
        shin = balanced_shin_deg(
            m.drop_at_bottom_mm, m.bottom_tilt_abs_deg, m.rest_abs_deg, view.stature_m
        )
    leaning = shin > log.shin_deg
    early = m.early_drop_mm is not None and m.early_drop_mm > log.early_drop_mm
    low = m.excess_drop_mm > log.gross_excess_share * 1e3 * view.stature_m
    return m.bottom_ns if leaning or early or low else None


def _beyond(view: RepView, stage: Stage) -> bool:
    m = view.measured
    if m.early_drop_mm is not None and m.early_drop_mm > view.log.early_drop_mm:
        return True
    return m.shin_angle_deg is not None and m.shin_angle_deg > stage.shin_deg


KNEES_FIRST = Fault(
    code="KNEES_FIRST",
    priority=3,
    words="Hips before knees",
    names=True,
    rep=_rep,
    beyond=_beyond,
)
