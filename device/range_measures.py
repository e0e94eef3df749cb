"""The metrics of a repetition that only the ranger saw: travel, gap, tap, tempo, return.

What takes an IMU is NaN here, which is null in the record (``record``) and holds in no rule.
"""

from __future__ import annotations

from math import nan

import numpy as np

from device.course import HOLD_SHARE, median5
from device.hips import come_back, follow
from device.measures import MAX_GAP_NS, MIN_VALID_SHARE, Measured
from device.phases import phases
from device.range_reps import RangeMovement
from device.signals import Signals
from device.wall_touch import TAP_MM, Upper, touch


def measure_range(
    signals: Signals,
    movement: RangeMovement,
    *,
    recess_mm: float,
    upper: Upper | None = None,
    ranger: int = 0,
    reach: bool = False,
) -> Measured:
    """Measure ``movement``. ``reach``: travel is all that is judged, so that without it the
    repetition cannot be scored. ``recess_mm``: how far the rangers stand behind the wall's face;
    ``ranger``: the one that faces the hips, ``upper``: what all of them saw."""
    start_ns, end_ns = movement.start_ns, movement.end_ns
    base_mm = signals.rest_range_mm or 0.0
    seen = [
        (t, base_mm - r) for t, r in signals.ranges if start_ns <= t <= end_ns and r is not None
    ]
    times = np.asarray([(t - start_ns) * 1e-9 for t, _ in seen])
    travel = median5(np.asarray([d for _, d in seen]))
    bottom = int(np.argmax(travel))
    bottom_ns = seen[bottom][0]
    length_s = (end_ns - start_ns) * 1e-9
    ends_s = np.asarray([0.0, length_s])
    followed = follow(signals, start_ns, bottom_ns, end_ns, ends_s, np.zeros(2), recess_mm)
    hips = come_back(signals, followed, start_ns, end_ns, turned=movement.turned)
    hold = np.flatnonzero(travel >= HOLD_SHARE * travel[bottom])
    hold_from_s, hold_to_s = float(times[hold[0]]), float(times[hold[-1]])
    missing_ns = (1.0 - MIN_VALID_SHARE) * (end_ns - start_ns)
    unseen = (
        movement.jumped
        or hips.max_gap_ns > MAX_GAP_NS
        or hips.unseen_ns > missing_ns
        or hips.seen < MIN_VALID_SHARE * max(hips.asked, 1)
        or (reach and hips.travel_mm is None)
    )
    tapped = None if hips.gap_mm is None else hips.gap_mm <= TAP_MM
    above = {} if upper is None else upper.above(ranger, start_ns, end_ns)
    wall = touch(signals, above, start_ns, bottom_ns, end_ns, tapped, recess_mm)
    return Measured(
        start_ns=start_ns,
        bottom_ns=bottom_ns,
        end_ns=end_ns,
        peak_tilt_deg=nan,
        bottom_tilt_abs_deg=nan,
        rest_abs_deg=nan,
        hip_travel_mm=hips.travel_mm,
        hip_drop_mm=nan,
        drop_at_bottom_mm=nan,
        drop_sd_mm=nan,
        hip_return_mm=hips.return_mm,
        hinge_ratio=None,
        shin_angle_deg=None,
        knee_flexion_deg=None,
        drop_angle_deg=None,
        excess_drop_mm=nan,
        early_drop_mm=None,
        lead_mm=None,
        lever_mm=0.0,
        lever_told_mm=None,
        onset_lag_s=None,
        peak_rate_dps=nan,
        peak_rate_down_dps=nan,
        peak_rate_up_dps=nan,
        smoothness=None,
        t_down_s=hold_from_s,
        t_hold_s=hold_to_s - hold_from_s,
        t_up_s=length_s - hold_to_s,
        lockout_over_deg=nan,
        side_lean_deg=nan,
        twist_deg=nan,
        tapped=tapped,
        tap_gap_mm=hips.gap_mm,
        tap_tilt_deg=None,
        upper_gap_mm=wall.upper_gap_mm,
        knocks=0,
        other_touch_ns=wall.other_ns,
        beam_off_hip=hips.beam_off,
        hem_share=None,
        phases=phases(start_ns, end_ns, times, np.zeros(len(times)), travel),
        min_contacts=None,
        contacts_kept=True,
        losses=(),
        lightest=(None, None, None),
        all_open_ns=0,
        all_open_from_ns=start_ns,
        valid=not unseen,
        why_unscored="tof" if unseen else None,
    )
