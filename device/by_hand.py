"""Reps that are counted by the NEXT key: logged, and nothing said of the movement."""

from __future__ import annotations

from services.schema import ContactLoss, RepBody


def hand_rep(t_ns: int, origin_ns: int) -> RepBody:
    """A rep at the instant of the key. Nothing was seen of it: UNSCORED, every metric null."""
    at_s = round((t_ns - origin_ns) * 1e-9, 4)
    return RepBody(
        start_s=at_s,
        bottom_s=at_s,
        end_s=at_s,
        peak_tilt_deg=None,
        hip_travel_mm=None,
        hip_drop_mm=None,
        hip_return_mm=None,
        hinge_ratio=None,
        shin_angle_deg=None,
        knee_flexion_deg=None,
        drop_angle_deg=None,
        excess_drop_mm=None,
        early_drop_mm=None,
        onset_lag_s=None,
        peak_rate_dps=None,
        t_down_s=0.0,
        t_hold_s=0.0,
        t_up_s=0.0,
        contact_loss_ms=ContactLoss(),
        valid=False,
        verdict="UNSCORED",
        contacts="not_judged",
        hips="not_judged",
    )
