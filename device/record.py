"""A measured and judged movement as the rep that is logged."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Literal

from device.faults import RepView
from device.phases import Loss, Span, counted, within_ms
from device.rep_score import score_of
from drivers.samples import PADS
from services.schema import ContactLoss, ContactShare, FaultEntry, LossPhases, RepBody

FIRST_NAMES: tuple[Literal["head"], Literal["thoracic"], Literal["sacrum"]] = (
    "head",
    "thoracic",
    "sacrum",
)
Contacts = Literal["judged", "partly", "not_judged"]
Judged = tuple[bool, bool, bool]


def _round(value: float | None, digits: int) -> float | None:
    # Adding 0.0 turns -0.0 into 0.0; NaN is what no sensor of the rig can see.
    return None if value is None or isnan(value) else round(value, digits) + 0.0


def _times(value: float | None, factor: float | None, digits: int) -> float | None:
    return None if value is None or factor is None else _round(value * factor, digits)


def contacts_word(judged: Judged) -> Contacts:
    """How much of the contacts was judged."""
    if all(judged):
        return "judged"
    return "partly" if any(judged) else "not_judged"


def loss_ms(losses: Sequence[Loss], judged: Judged, span: Span) -> ContactLoss:
    """How long each pad was lost within ``span``; ``losses`` are those that count."""
    totals = {
        name: round(within_ms(losses, pad, span)) if judged[pad] else None
        for pad, name in enumerate(PADS)
    }
    return ContactLoss(**totals)


def loss_share(loss: ContactLoss, length_ms: float) -> ContactShare:
    """The same as shares of the rep's length."""
    shares = {name: _share(getattr(loss, name), length_ms) for name in PADS}
    return ContactShare(**shares)


def _share(ms: int | None, length_ms: float) -> float | None:
    return None if ms is None else round(min(ms / max(length_ms, 1.0), 1.0), 3)


def rep_body(
    view: RepView,
    verdict: str,
    faults: tuple[FaultEntry, ...],
    least_ms: tuple[float, float, float],
    origin_ns: int,
) -> RepBody:
    """Everything about the rep; times in s since ``origin_ns``. A loss shorter than its pad's
    ``least_ms`` is left out."""
    m, judged = view.measured, view.judged
    # With a hole in the IMU's samples the movement was seen in part only.
    seen = m.why_unscored != "imu"
    start_s = round((m.start_ns - origin_ns) * 1e-9, 4)
    down_s, hold_s = round(m.t_down_s, 4), round(m.t_hold_s, 4)
    end_s = round((m.end_ns - origin_ns) * 1e-9, 4)
    # So that the three always add up to the whole.
    up_s = round(end_s - start_s - down_s - hold_s, 4)
    losses = counted(m.losses, least_ms)
    first = losses[0] if losses else None
    whole = loss_ms(losses, judged, (m.start_ns, m.end_ns))
    in_phase = {name: loss_ms(losses, judged, span) for name, span in m.phases._asdict().items()}
    lowest = (in_phase["bottom"].head, in_phase["bottom"].thoracic, in_phase["bottom"].sacrum)
    # Per cent of stature say nothing where the stature is a guess.
    per_cent = 0.1 / view.stature_m if view.stature_known else None
    reached = view.drill.reach_share is not None and m.hip_travel_mm is not None
    hips_judged = m.hinge_ratio is not None or reached
    score, parts = score_of(view, least_ms)
    light = m.lightest[PADS.index("sacrum")] if view.graded else None
    # The angle up to which all contacts were kept: the peak, unless one went on the way down.
    range_deg: float | None = None
    if any(judged):
        on_the_way = first is not None and first.t_ns <= m.bottom_ns
        range_deg = first.tilt_deg if first is not None and on_the_way else m.peak_tilt_deg
    return RepBody(
        start_s=start_s,
        bottom_s=round((m.bottom_ns - origin_ns) * 1e-9, 4),
        end_s=end_s,
        peak_tilt_deg=_round(m.peak_tilt_deg if seen else None, 2),
        hip_travel_mm=_round(m.hip_travel_mm, 1),
        hip_drop_mm=_round(m.hip_drop_mm if seen else None, 1),
        hip_return_mm=_round(m.hip_return_mm, 1),
        hinge_ratio=_round(m.hinge_ratio if seen else None, 3),
        shin_angle_deg=_round(m.shin_angle_deg if seen else None, 1),
        knee_flexion_deg=_round(m.knee_flexion_deg if seen else None, 1),
        drop_angle_deg=_round(m.drop_angle_deg if seen else None, 1),
        excess_drop_mm=_round(m.excess_drop_mm if seen else None, 1),
        early_drop_mm=_round(m.early_drop_mm if seen else None, 1),
        onset_lag_s=_round(m.onset_lag_s if seen else None, 3),
        knees_lead_mm=_round(m.lead_mm if seen else None, 1),
        peak_rate_dps=_round(m.peak_rate_dps if seen else None, 1),
        t_down_s=down_s,
        t_hold_s=hold_s,
        t_up_s=up_s,
        tempo=f"{down_s:.1f}-{hold_s:.1f}-{up_s:.1f}",
        contact_loss_ms=whole,
        beam_off_hip=m.beam_off_hip,
        tapped=m.tapped,
        tap_gap_mm=_round(m.tap_gap_mm, 1),
        lockout_over_deg=_round(m.lockout_over_deg, 1),
        side_lean_deg=_round(m.side_lean_deg, 1),
        twist_deg=_round(m.twist_deg if seen else None, 1),
        hip_travel_pct=_times(m.hip_travel_mm, per_cent, 2),
        excess_drop_pct=_times(m.excess_drop_mm if seen else None, per_cent, 2),
        peak_rate_down_dps=_round(m.peak_rate_down_dps if seen else None, 1),
        peak_rate_up_dps=_round(m.peak_rate_up_dps if seen else None, 1),
        smoothness=_round(m.smoothness if seen else None, 3),
        tap_tilt_deg=_round(m.tap_tilt_deg, 1),
        upper_gap_mm=_round(m.upper_gap_mm, 1),
        knocks=m.knocks if seen and not isnan(m.peak_tilt_deg) else None,
        min_contacts=m.min_contacts,
        contact_loss_share=loss_share(whole, (m.end_ns - m.start_ns) * 1e-6),
        contact_loss_phase_ms=LossPhases(**in_phase),
        lost_in_bottom_third=any(lowest) if any(judged) else None,
        score=score,
        score_parts=parts,
        first_lost=None if first is None else FIRST_NAMES[first.pad],
        first_lost_tilt_deg=None if first is None else _round(first.tilt_deg, 1),
        contact_range_deg=_round(range_deg, 1),
        sacrum_pressure=_round(None if light is None else light.share, 2),
        valid=m.valid,
        verdict=verdict,
        contacts=contacts_word(judged),
        hips="judged" if hips_judged else "not_judged",
        unscored_by=m.why_unscored,
        faults=faults,
    )
