"""The metrics of a finished movement, from the samples it left in the signals.

Definitions, signs and what makes a value null: docs/metrics.md. Everything here is computed
after the fact with what is known at both ends; nothing here judges.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from math import radians
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from device.anthropometry import (
    drop_angle_deg,
    excess_drop_mm,
    hinge_ratio,
    shin_and_knee_deg,
)
from device.hips import Hips, beam_gain_mm, hips_seen
from device.lever import levered
from device.limits import LOG
from device.pad_track import PAD_GAP_NS, PadTrack
from device.phases import Loss, Phases, min_contacts, phases
from device.pressure import Lightest, lightest
from device.reps import (
    DEEP_DROP_MM,
    DEEP_TILT_DEG,
    START_DROP_MM,
    START_TILT_DEG,
    Movement,
)
from device.signals import Signals
from device.smoothness import smoothness
from device.strapdown import TURN, close
from device.wall_touch import TAP_MM, Upper, touch
from drivers.samples import PADS

Array = NDArray[np.float64]

ONSET_TILT_DEG = 6.0
EARLY_TILT_DEG = 12.0
RATIO_TILT_DEG = 15.0
ENDS = 3
"""Samples over which the tilt's rate at an end is averaged."""
TALL_MOST_DEG = 5.0
"""Standing tall is no further forward than this."""
HOLD_SHARE = 0.9
MIN_VALID_SHARE = 0.9
MAX_GAP_NS = 300_000_000
ALL_OPEN_NS = 1_000_000_000


@dataclass(frozen=True)
class Measured:
    """A movement in numbers. None = cannot be known."""

    start_ns: int
    bottom_ns: int
    end_ns: int
    peak_tilt_deg: float
    bottom_tilt_abs_deg: float
    rest_abs_deg: float
    hip_travel_mm: float | None
    hip_drop_mm: float
    drop_at_bottom_mm: float
    drop_sd_mm: float
    """What is left open of the drop at the bottom by how the movement began and ended."""
    hip_return_mm: float | None
    hinge_ratio: float | None
    shin_angle_deg: float | None
    knee_flexion_deg: float | None
    drop_angle_deg: float | None
    excess_drop_mm: float
    early_drop_mm: float | None
    lead_mm: float | None
    """How much lower the hips were at 12 deg on the way down than on the way up: knees first."""
    lever_mm: float
    """Taken off the drop per unit of sine: this body's depth against the usual (see ``lever``)."""
    lever_told_mm: float | None
    """What the repetition itself tells of the body's depth; None when it cannot."""
    onset_lag_s: float | None
    peak_rate_dps: float
    peak_rate_down_dps: float
    peak_rate_up_dps: float
    smoothness: float | None
    t_down_s: float
    t_hold_s: float
    t_up_s: float
    lockout_over_deg: float
    """How far the trunk went back past tall (its rest, at most 5 deg forward) after the bottom."""
    side_lean_deg: float
    """Range of the lean to the side."""
    twist_deg: float
    """Range of the turn about the vertical."""
    tapped: bool | None
    """The hips touched the wall; None when the distance to it is not known."""
    tap_gap_mm: float | None
    """What was left between hips and wall at the nearest."""
    tap_tilt_deg: float | None
    """Tilt at which they first did."""
    upper_gap_mm: float | None
    knocks: int
    other_touch_ns: int | None
    """When something else than the hips reached the wall (see ``wall_touch``)."""
    beam_off_hip: bool
    phases: Phases
    min_contacts: int | None
    contacts_kept: bool
    """No judged pad was open for longer than a moment."""
    losses: tuple[Loss, ...]
    lightest: Lightest
    """Of each judged pad, when and how lightly it was pressed at the least."""
    all_open_ns: int
    all_open_from_ns: int
    valid: bool
    why_unscored: str | None


def median5(values: Array) -> Array:
    """Running median of five, shorter at the ends."""
    padded = np.concatenate((values[:1], values[:1], values, values[-1:], values[-1:]))
    a, b, c, d, e = (padded[i : len(padded) - 4 + i] for i in range(5))
    # The middle one of e, the larger of the pairs' lows, and the smaller of their highs.
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))
    middle: Array = np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), e))
    return middle


def measure(
    signals: Signals,
    movement: Movement,
    *,
    stature_m: float,
    needs_tof: bool,
    pads_judged: tuple[bool, bool, bool],
    odr_hz: float,
    s_mm: float,
    b_mm: float,
    recess_mm: float = 55.0,
    upper: Upper | None = None,
    ranger: int = 0,
    beam_m: float | None = None,
    usual_lever_mm: float | None = None,
) -> Measured:
    """Measure ``movement``. ``stature_m``: the person's; see ``anthropometry`` for s and b.
    ``recess_mm``: how far the rangers stand behind the wall's face; ``ranger``: the one that
    faces the hips, ``upper``: what all of them saw; ``beam_m``: how far above the hip joint it
    looks, if known. ``usual_lever_mm``: of the person's repetitions so far."""
    entries = signals.samples[: movement.end_index + 1]
    times_ns, *columns, _ = zip(*entries, strict=True)
    t_s = (np.array(times_ns) - times_ns[0]) * 1e-9
    tilt_abs, up, rate = (np.array(column) for column in columns)
    # What was learnt upright lies along the dowel, and leans with it.
    up = up - signals.bias_mps2 * np.cos(np.radians(tilt_abs))
    tilt, anchor_deg = tilt_abs - signals.rest_abs_deg, float(tilt_abs[0])
    drop, drop_sd = _drop_mm(t_s, tilt_abs, up, movement, s_mm, b_mm)

    first = _first(movement, tilt, drop)
    start_ns = movement.start_ns if movement.broken else entries[first][0]
    end_ns = entries[-1][0]
    tilt, drop, rate = tilt[first:], drop[first:], rate[first:]
    t_s = t_s[first:] + (entries[0][0] - start_ns) * 1e-9
    tilt_abs, drop_sd = tilt_abs[first:], drop_sd[first:]
    turn = int(np.argmax(_depth(tilt, drop)))
    losses = _losses(signals, start_ns, end_ns, pads_judged)
    kept = all(loss.length_ns < LOG.contact_ms * 1e6 for loss in losses)
    body = levered(
        tilt_abs,
        drop,
        drop_sd,
        turn,
        anchor_deg,
        signals.rest_abs_deg,
        stature_m,
        contacts_kept=kept,
        usual_lever_mm=usual_lever_mm,
    )
    drop = body.drop_mm
    depth = _depth(tilt, drop)
    bottom = int(np.argmax(depth))
    peak_tilt = float(np.max(median5(tilt)))
    hip_drop = float(np.max(median5(drop)))
    drop_at_bottom = float(median5(drop)[bottom])
    bottom_ns = start_ns + round(t_s[bottom] * 1e9)

    turned = movement.end_anchor is TURN
    hips = hips_seen(signals, start_ns, bottom_ns, end_ns, t_s, drop, turned, recess_mm)
    travel = hips.travel_mm
    if travel is not None and beam_m is not None:
        travel -= beam_gain_mm(drop_at_bottom, beam_m)
    ratio = shin = knee = angle = None
    if travel is not None and peak_tilt >= RATIO_TILT_DEG and not hips.beam_off:
        ratio = hinge_ratio(travel, float(tilt_abs[bottom]), signals.rest_abs_deg, stature_m)
    if travel is not None and not hips.beam_off:
        shin, knee = shin_and_knee_deg(travel, drop_at_bottom, stature_m)
        angle = drop_angle_deg(drop_at_bottom, travel)

    early = np.flatnonzero(tilt >= EARLY_TILT_DEG)
    hold = np.flatnonzero(depth >= HOLD_SHARE * depth[bottom])
    hold_from, hold_to = (hold[0], hold[-1]) if depth[bottom] > 0 else (bottom, bottom)
    tapped = None if hips.gap_mm is None else hips.gap_mm <= TAP_MM
    above = {} if upper is None else upper.above(ranger, start_ns, end_ns)
    wall = touch(signals, above, start_ns, bottom_ns, end_ns, tapped, recess_mm)
    turned_deg = signals.turning.within(start_ns, end_ns)
    all_open_from, all_open = _all_open_ns(signals, start_ns, end_ns, pads_judged)
    imu_samples = 0 if movement.broken else len(tilt)
    why = _why_unscored(
        signals, start_ns, end_ns, imu_samples, odr_hz, hips, needs_tof, pads_judged, all_open
    )
    return Measured(
        start_ns=start_ns,
        bottom_ns=bottom_ns,
        end_ns=end_ns,
        peak_tilt_deg=peak_tilt,
        bottom_tilt_abs_deg=float(tilt_abs[bottom]),
        rest_abs_deg=signals.rest_abs_deg,
        hip_travel_mm=travel,
        hip_drop_mm=hip_drop,
        drop_at_bottom_mm=drop_at_bottom,
        drop_sd_mm=float(drop_sd[bottom]),
        hip_return_mm=hips.return_mm,
        hinge_ratio=ratio,
        shin_angle_deg=shin,
        knee_flexion_deg=knee,
        drop_angle_deg=angle,
        excess_drop_mm=excess_drop_mm(
            drop_at_bottom, float(tilt_abs[bottom]), signals.rest_abs_deg, stature_m
        ),
        early_drop_mm=float(drop[early[0]]) if len(early) else None,
        lead_mm=body.lead_mm,
        lever_mm=body.lever_mm,
        lever_told_mm=body.told_mm,
        onset_lag_s=_onset_lag_s(hips.onset_s, tilt, t_s),
        peak_rate_dps=float(np.max(median5(rate))),
        peak_rate_down_dps=float(np.max(median5(rate[: bottom + 1]))),
        peak_rate_up_dps=float(np.max(median5(rate[bottom:]))),
        smoothness=smoothness(tilt, t_s, bottom) if peak_tilt >= RATIO_TILT_DEG else None,
        t_down_s=float(t_s[hold_from]),
        t_hold_s=float(t_s[hold_to] - t_s[hold_from]),
        t_up_s=float(t_s[-1] - t_s[hold_to]),
        lockout_over_deg=_lockout_deg(signals, bottom_ns),
        side_lean_deg=turned_deg.lean_deg,
        twist_deg=turned_deg.twist_deg,
        tapped=tapped,
        tap_gap_mm=hips.gap_mm,
        tap_tilt_deg=None if wall.tap_ns is None else _tilt_at(signals, wall.tap_ns),
        upper_gap_mm=wall.upper_gap_mm,
        knocks=wall.knocks,
        other_touch_ns=wall.other_ns,
        beam_off_hip=hips.beam_off,
        phases=phases(start_ns, end_ns, t_s, tilt, depth),
        min_contacts=min_contacts(losses, pads_judged, (start_ns, end_ns)),
        contacts_kept=kept,
        losses=losses,
        lightest=lightest(signals.pads, start_ns, end_ns, pads_judged),
        all_open_ns=all_open,
        all_open_from_ns=all_open_from,
        valid=why is None,
        why_unscored=why,
    )


def _depth(tilt: Array, drop: Array) -> Array:
    """How deep the person is, from tilt in degrees and drop in mm."""
    depth: Array = np.maximum(tilt, 0.0) / DEEP_TILT_DEG + np.maximum(drop, 0.0) / DEEP_DROP_MM
    return depth


def _lockout_deg(signals: Signals, bottom_ns: int) -> float:
    """Over all that is known after the bottom: people arch as they come to a stop."""
    # Who began bent forward and ends upright has not arched.
    tall_deg = min(signals.rest_abs_deg, TALL_MOST_DEG)
    first = bisect_right(signals.samples, bottom_ns, key=itemgetter(0))
    after = min((entry[1] for entry in signals.samples[first:]), default=tall_deg)
    return max(tall_deg - after, 0.0)


def _drop_mm(
    t_s: Array, tilt_abs: Array, up: Array, movement: Movement, s_mm: float, b_mm: float
) -> tuple[Array, Array]:
    """Drop of the hips in mm, and its standard deviation."""
    th = np.radians(tilt_abs)
    th0 = radians(float(tilt_abs[0]))
    by_tilt = s_mm * (np.cos(th) - np.cos(th0)) + b_mm * (np.sin(th) - np.sin(th0))
    # They came back upright: the hips are as high as at the start.
    end_rise_m = 1e-3 * float(by_tilt[-1])
    speed = np.gradient(by_tilt, t_s) * 1e-3
    path = close(
        t_s,
        up,
        movement.start_anchor,
        movement.end_anchor,
        end_rise_m,
        start_velocity_mps=float(np.mean(speed[:ENDS])),
        end_velocity_mps=float(np.mean(speed[-ENDS:])),
    )
    return by_tilt - 1e3 * path.rise_m, 1e3 * path.rise_sd_m


def _first(movement: Movement, tilt: Array, drop: Array) -> int:
    """Where the repetition starts; after a turn that is later than the turn itself."""
    start = movement.start_index
    if movement.start_anchor is not TURN or tilt[start] > START_TILT_DEG:
        return start
    away = (tilt[start:] > START_TILT_DEG) | (drop[start:] > START_DROP_MM)
    return start + int(np.argmax(away)) if bool(away.any()) else start


def _onset_lag_s(hips_s: float | None, tilt: Array, t_s: Array) -> float | None:
    tilted = np.flatnonzero(tilt > ONSET_TILT_DEG)
    if hips_s is None or not len(tilted):
        return None
    return float(t_s[tilted[0]]) - hips_s


def _losses(
    signals: Signals, start_ns: int, end_ns: int, judged: tuple[bool, bool, bool]
) -> tuple[Loss, ...]:
    found = []
    for pad, track in enumerate(signals.pads):
        if not judged[pad]:
            continue
        for opened, closed in track.losses:
            begin, end = max(opened, start_ns), min(closed, end_ns)
            if end > begin:
                found.append(Loss(pad, begin, end - begin, _tilt_at(signals, begin)))
    return tuple(sorted(found, key=lambda loss: loss.t_ns))


def _tilt_at(signals: Signals, t_ns: int) -> float:
    at = bisect_left(signals.samples, t_ns, key=itemgetter(0))
    entry = signals.samples[min(at, len(signals.samples) - 1)]
    return entry[1] - signals.rest_abs_deg


def _all_open_ns(
    signals: Signals, start_ns: int, end_ns: int, judged: tuple[bool, bool, bool]
) -> tuple[int, int]:
    """When every judged pad was open for longest, and how long; 0 with fewer than two pads."""
    if sum(judged) < 2:
        return start_ns, 0
    edges = []
    for pad, track in enumerate(signals.pads):
        if judged[pad]:
            for opened, closed in track.losses:
                begin, end = max(opened, start_ns), min(closed, end_ns)
                if end > begin:
                    edges += [(begin, 1), (end, -1)]
    longest = count = began = 0
    from_ns = start_ns
    for t_ns, step in sorted(edges):
        if count == sum(judged) and t_ns - began > longest:
            longest, from_ns = t_ns - began, began
        count += step
        began = t_ns
    return from_ns, longest


def _unread_ns(track: PadTrack, start_ns: int, end_ns: int) -> tuple[int, int]:
    """The longest time without a sample of the pad within the repetition, and all of it."""
    last_ns = track.last_ns if track.last_ns is not None else start_ns
    gaps = [*track.gaps, (last_ns, end_ns)] if end_ns - last_ns > PAD_GAP_NS else track.gaps
    inside = [min(b, end_ns) - max(a, start_ns) for a, b in gaps if b > start_ns and a < end_ns]
    return max(inside, default=0), sum(inside)


def _why_unscored(
    signals: Signals,
    start_ns: int,
    end_ns: int,
    imu_samples: int,
    odr_hz: float,
    hips: Hips,
    needs_tof: bool,
    judged: tuple[bool, bool, bool],
    all_open_ns: int,
) -> str | None:
    """The reason why the repetition cannot be scored, or None."""
    length_ns = max(end_ns - start_ns, 1)
    missing_ns = (1.0 - MIN_VALID_SHARE) * length_ns
    if imu_samples < MIN_VALID_SHARE * length_ns * 1e-9 * odr_hz - 2:
        return "imu"
    if needs_tof and (
        hips.max_gap_ns > MAX_GAP_NS
        or hips.unseen_ns > missing_ns
        or hips.seen < MIN_VALID_SHARE * max(hips.asked, 1)
    ):
        return "tof"
    for pad, track in enumerate(signals.pads):
        longest_ns, all_ns = _unread_ns(track, start_ns, end_ns)
        if judged[pad] and (longest_ns > MAX_GAP_NS or all_ns > missing_ns):
            return f"pad {PADS[pad]}"
    return "all pads open" if all_open_ns > ALL_OPEN_NS else None


__all__ = ["Loss", "Measured", "measure", "median5"]
