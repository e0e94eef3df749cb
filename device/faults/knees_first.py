"""Knees before hips: a milder squat, seen in the shin or in an early drop."""

from __future__ import annotations

from device.faults.rule import Fault, RepView
from device.limits import Stage


def _rep(view: RepView) -> int | None:
    m, log = view.measured, view.log
    excess_share = m.excess_drop_mm / (1e3 * view.stature_m)
    leaning = (
        m.shin_angle_deg is not None
        and m.shin_angle_deg > log.shin_deg
        and excess_share > log.shin_excess_share
    )
    early = (
        m.early_drop_mm is not None and m.early_drop_mm > log.early_drop_mm and excess_share > 0.0
    )
    return m.bottom_ns if leaning or early else None


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
