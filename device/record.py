"""A measured and judged movement as the rep that is logged."""

from __future__ import annotations

from typing import Literal

from device.measures import Loss, Measured
from drivers.samples import PADS
from services.schema import ContactLoss, FaultEntry, RepBody

FIRST_NAMES: tuple[Literal["head"], Literal["thoracic"], Literal["sacrum"]] = (
    "head",
    "thoracic",
    "sacrum",
)
Contacts = Literal["judged", "partly", "not_judged"]


def _round(value: float | None, digits: int) -> float | None:
    # Adding 0.0 turns -0.0 into 0.0.
    return None if value is None else round(value, digits) + 0.0


def contacts_word(judged: tuple[bool, bool, bool]) -> Contacts:
    """How much of the contacts was judged."""
    if all(judged):
        return "judged"
    return "partly" if any(judged) else "not_judged"


def loss_ms(
    measured: Measured, judged: tuple[bool, bool, bool], least_ms: tuple[float, float, float]
) -> ContactLoss:
    """Debounced loss a pad: each loss shorter than the pad's ``least_ms`` is left out."""
    totals = {
        name: (
            round(
                sum(
                    loss.length_ns
                    for loss in measured.losses
                    if loss.pad == pad and loss.length_ns >= least_ms[pad] * 1e6
                )
                * 1e-6
            )
            if judged[pad]
            else None
        )
        for pad, name in enumerate(PADS)
    }
    return ContactLoss(**totals)


def first_loss(measured: Measured, least_ms: tuple[float, float, float]) -> Loss | None:
    """The first loss that lasted long enough to count."""
    return next(
        (loss for loss in measured.losses if loss.length_ns >= least_ms[loss.pad] * 1e6), None
    )


def rep_body(
    measured: Measured,
    verdict: str,
    faults: tuple[FaultEntry, ...],
    judged: tuple[bool, bool, bool],
    least_ms: tuple[float, float, float],
    origin_ns: int,
) -> RepBody:
    """Everything about the rep; times in s since ``origin_ns``."""
    m = measured
    # With a hole in the IMU's samples the movement was seen in part only.
    seen = m.why_unscored != "imu"
    start_s = round((m.start_ns - origin_ns) * 1e-9, 4)
    down_s, hold_s = round(m.t_down_s, 4), round(m.t_hold_s, 4)
    end_s = round((m.end_ns - origin_ns) * 1e-9, 4)
    first = first_loss(m, least_ms)
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
        peak_rate_dps=_round(m.peak_rate_dps if seen else None, 1),
        t_down_s=down_s,
        t_hold_s=hold_s,
        # So that the three always add up to the whole.
        t_up_s=round(end_s - start_s - down_s - hold_s, 4),
        contact_loss_ms=loss_ms(m, judged, least_ms),
        beam_off_hip=m.beam_off_hip,
        tapped=m.tapped,
        tap_gap_mm=_round(m.tap_gap_mm, 1),
        lockout_over_deg=_round(m.lockout_over_deg, 1),
        side_lean_deg=_round(m.side_lean_deg, 1),
        first_lost=None if first is None else FIRST_NAMES[first.pad],
        first_lost_tilt_deg=None if first is None else _round(first.tilt_deg, 1),
        contact_range_deg=_round(range_deg, 1),
        valid=m.valid,
        verdict=verdict,
        contacts=contacts_word(judged),
        hips="not_judged" if m.hinge_ratio is None else "judged",
        faults=faults,
    )
