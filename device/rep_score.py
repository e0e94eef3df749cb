"""A repetition in points: 40 for the contacts, 25 hips, 25 knees, 10 depth and tempo.

A part that the drill does not ask for or the sensors do not show is left out, and the sum is of
what is left, scaled to 100. Limits are those that name a rep (``limits.LOG``), so that points stay
comparable over stages; from there a part falls evenly to nothing.
"""

from __future__ import annotations

from math import isnan

from device.anthropometry import balanced_shin_deg
from device.drills.drill import CONTACT_CODES, DEPTH_CODES, KNEE_CODES
from device.faults import RepView
from device.faults.knees_first import evidence_mm, least_mm
from device.limits import LOG
from device.phases import any_open_ms, counted
from services.schema import ScoreParts

CONTACTS, HIPS, KNEES, DEPTH_TEMPO = 40.0, 25.0, 25.0, 10.0
BOTTOM_WEIGHT = 2.0
"""A loss in the bottom third weighs so much more."""
RATIO_HIGH = 1.25
RATIO_FADE = 0.40
"""So far outside the band the hips earn nothing: half of what balance asks for is a bend."""
SHIN_FADE_DEG = 15.0
"""A shin of 9 + 15 deg is that of a plain squat."""
EXCESS_FADE = 0.03
"""A drop of 3 % of the stature beyond the limit of KNEES_FIRST is that of a plain squat."""
DEPTH_FADE_DEG = 15.0
RATE_FADE_DPS = 30.0


def score_of(
    view: RepView, least_ms: tuple[float, float, float]
) -> tuple[float | None, ScoreParts]:
    """Points of 100, and of each part; None for what cannot be judged."""
    m = view.measured
    if not m.valid:
        return None, ScoreParts()
    parts = ScoreParts(
        contacts=_points(CONTACTS, _contacts(view, least_ms)),
        hips=_points(HIPS, _hips(view)),
        knees=_points(KNEES, _knees(view)),
        depth_tempo=_points(DEPTH_TEMPO, _depth_tempo(view)),
    )
    reached = most = 0.0
    for value, full in (
        (parts.contacts, CONTACTS),
        (parts.hips, HIPS),
        (parts.knees, KNEES),
        (parts.depth_tempo, DEPTH_TEMPO),
    ):
        if value is not None:
            reached, most = reached + value, most + full
    return (round(100.0 * reached / most, 1) if most else None), parts


def _points(full: float, share: float | None) -> float | None:
    return None if share is None else round(full * share, 1)


def _fade(beyond: float, over: float) -> float:
    """1 up to the limit, 0 from ``over`` beyond it on."""
    return min(max(1.0 - beyond / over, 0.0), 1.0)


def _contacts(view: RepView, least_ms: tuple[float, float, float]) -> float | None:
    """1 less the share of time in which a contact was lost, the bottom third counted twice."""
    if not any(view.judged) or not view.drill.armed & CONTACT_CODES:
        return None
    lost = counted(view.measured.losses, least_ms)
    gone = total = 0.0
    for name, span in view.measured.phases._asdict().items():
        weight = BOTTOM_WEIGHT if name == "bottom" else 1.0
        gone += weight * any_open_ms(lost, span)
        total += weight * (span[1] - span[0]) * 1e-6
    return 1.0 - gone / total if total > 0 else None


def _hips(view: RepView) -> float | None:
    ratio = view.measured.hinge_ratio
    if ratio is None or "HIPS_NOT_BACK" not in view.drill.armed:
        return None
    low = LOG.ratio if view.stature_known else LOG.ratio_unknown_stature
    return _fade(max(low - ratio, ratio - RATIO_HIGH), RATIO_FADE)


def _knees(view: RepView) -> float | None:
    if not view.drill.armed & KNEE_CODES or view.drill.order_only:
        return None
    m = view.measured
    shin = m.shin_angle_deg
    if shin is None:
        # Where the beam has left the hips, balance stands in for the travel, as in KNEE_DRIVEN.
        shin = balanced_shin_deg(
            m.drop_at_bottom_mm, m.bottom_tilt_abs_deg, m.rest_abs_deg, view.stature_m
        )
    by_shin = _fade(abs(shin) - LOG.shin_deg, SHIN_FADE_DEG)
    beyond_mm = evidence_mm(view) - least_mm(view)
    if isnan(beyond_mm):
        return by_shin
    return min(by_shin, _fade(beyond_mm, EXCESS_FADE * 1e3 * view.stature_m))


def _depth_tempo(view: RepView) -> float | None:
    """The mean of the two, as far as the drill asks for them."""
    m, drill = view.measured, view.drill
    asked = []
    if drill.armed & DEPTH_CODES:
        low = drill.target_low_deg - LOG.depth_low_deg
        high = drill.target_high_deg + LOG.depth_deep_deg
        asked.append(_fade(max(low - m.peak_tilt_deg, m.peak_tilt_deg - high), DEPTH_FADE_DEG))
    if "FAST" in drill.armed:
        asked.append(_fade(m.peak_rate_dps - LOG.fast_dps, RATE_FADE_DPS))
    return sum(asked) / len(asked) if asked else None
