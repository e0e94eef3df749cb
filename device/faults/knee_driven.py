"""The squat: hips down instead of back.

Live: the drop outgrows what tilting explains (1.2 mm a degree). At the rep's end the drop angle
and the shin must say so too; where the beam has left the hips, balance stands in for the
travel.
"""

from __future__ import annotations

from device.anthropometry import balanced_shin_deg, balanced_travel_mm, drop_angle_deg
from device.faults.rule import Fault, LiveView, RepView
from device.limits import LOG


def _excess_mm(drop_mm: float, tilt_deg: float) -> float:
    return drop_mm - LOG.knee_mm_per_deg * max(tilt_deg, 0.0)


def _live(view: LiveView) -> bool:
    return (
        view.moving
        and view.drop_known
        and _excess_mm(view.drop_mm, view.tilt_deg) > LOG.knee_live_mm
    )


def _live_off(view: LiveView) -> bool:
    return not view.moving or _excess_mm(view.drop_mm, view.tilt_deg) < LOG.knee_live_off_mm


def _rep(view: RepView) -> int | None:
    m = view.measured
    tilt_deg = m.bottom_tilt_abs_deg - m.rest_abs_deg
    least_mm = max(view.log.knee_excess_mm, view.log.sure_sds * m.drop_sd_mm)
    if _excess_mm(m.drop_at_bottom_mm, tilt_deg) <= least_mm:
        return None
    angle, shin = m.drop_angle_deg, m.shin_angle_deg
    if angle is None or shin is None:
        implied_mm = balanced_travel_mm(m.bottom_tilt_abs_deg, m.rest_abs_deg, view.stature_m)
        angle = drop_angle_deg(m.drop_at_bottom_mm, implied_mm)
        shin = balanced_shin_deg(
            m.drop_at_bottom_mm, m.bottom_tilt_abs_deg, m.rest_abs_deg, view.stature_m
        )
    if angle > view.log.knee_drop_angle_deg and shin > view.log.knee_shin_deg:
        return m.bottom_ns
    return None


KNEE_DRIVEN = Fault(
    code="KNEE_DRIVEN",
    priority=2,
    words="Hips went down. Send them back",
    again="Keep the shins upright",
    names=True,
    live=_live,
    live_off=_live_off,
    rep=_rep,
)
