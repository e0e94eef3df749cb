"""Measured reps made by hand: a good one, and what is changed of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from device.drills import DRILLS
from device.faults import FAULTS, Fault, LiveView, RepView
from device.measures import Measured
from device.phases import Loss, Phases

MS = 1_000_000
S = 1_000_000_000
ALL = (True, True, True)
NONE = (False, False, False)
BY_CODE = {fault.code: fault for fault in FAULTS}

GOOD = Measured(
    start_ns=10 * S,
    bottom_ns=12 * S,
    end_ns=14 * S,
    peak_tilt_deg=47.0,
    bottom_tilt_abs_deg=50.0,
    rest_abs_deg=3.0,
    hip_travel_mm=187.0,
    hip_drop_mm=44.0,
    drop_at_bottom_mm=44.0,
    drop_sd_mm=5.0,
    hip_return_mm=1.0,
    hinge_ratio=1.0,
    shin_angle_deg=1.5,
    knee_flexion_deg=27.0,
    drop_angle_deg=13.0,
    excess_drop_mm=0.0,
    early_drop_mm=3.0,
    lead_mm=0.0,
    lever_mm=0.0,
    lever_told_mm=0.0,
    onset_lag_s=0.0,
    peak_rate_dps=48.0,
    peak_rate_down_dps=47.0,
    peak_rate_up_dps=48.0,
    smoothness=-1.5,
    t_down_s=1.5,
    t_hold_s=1.0,
    t_up_s=1.5,
    lockout_over_deg=1.0,
    side_lean_deg=1.5,
    twist_deg=2.0,
    tapped=False,
    tap_gap_mm=250.0,
    tap_tilt_deg=None,
    upper_gap_mm=None,
    knocks=0,
    other_touch_ns=None,
    beam_off_hip=False,
    hem_share=None,
    phases=Phases((10 * S, 11_000 * MS), (11_000 * MS, 12_600 * MS), (12_600 * MS, 14 * S)),
    min_contacts=3,
    contacts_kept=True,
    losses=(),
    lightest=(None, None, None),
    all_open_ns=0,
    all_open_from_ns=10 * S,
    valid=True,
    why_unscored=None,
)
SQUAT = replace(
    GOOD,
    peak_tilt_deg=30.0,
    bottom_tilt_abs_deg=33.0,
    hip_travel_mm=120.0,
    hip_drop_mm=200.0,
    drop_at_bottom_mm=200.0,
    drop_angle_deg=59.0,
    shin_angle_deg=30.0,
    excess_drop_mm=150.0,
    hinge_ratio=0.9,
)


def lost(pad: int, ms: float, after_ms: float = 500.0) -> Loss:
    return Loss(pad, 10 * S + round(after_ms * MS), round(ms * MS), 20.0)


def view(
    measured: Measured = GOOD, stature_known: bool = True, graded: bool = False, **changes: Any
) -> RepView:
    return RepView(
        replace(measured, **changes), DRILLS["dowel"], 1.70, stature_known, ALL, graded=graded
    )


def live(**changes: Any) -> LiveView:
    base = LiveView(NONE, ALL, moving=True, tilt_deg=20.0, drop_mm=10.0, drop_known=True)
    return msgspec.structs.replace(base, **changes)


def fault(code: str) -> Fault:
    return BY_CODE[code]
