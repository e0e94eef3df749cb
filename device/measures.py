"""The metrics of a finished movement, from the samples it left in the signals.

Definitions, signs and what makes a value null: docs/metrics.md. Everything here is computed
after the fact with what is known at both ends; nothing here judges.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from device.anthropometry import (
    drop_angle_deg,
    excess_drop_mm,
    hinge_ratio,
    shin_and_knee_deg,
)
from device.course import course_of, depth_of, way_of
from device.hem import hem_share
from device.hips import Hips, beam_gain_mm, come_back, follow
from device.lever import levered
from device.limits import LOG
from device.pad_track import PAD_GAP_NS, PadTrack
from device.phases import Loss, Phases, min_contacts
from device.pressure import Lightest, lightest
from device.reps import Movement
from device.signals import Signals
from device.smoothness import smoothness
from device.strapdown import TURN
from device.wall_touch import TAP_MM, Upper, touch
from drivers.samples import PADS

RATIO_TILT_DEG = 15.0
TALL_MOST_DEG = 5.0
"""Standing tall is no further forward than this."""
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
    hem_share: float | None
    """How much of a hem's swing is in the range (``hem``); None when it cannot be told."""
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


class Terms(NamedTuple):
    """What a movement is measured by."""

    stature_m: float
    """The person's."""
    needs_tof: bool
    pads_judged: tuple[bool, bool, bool]
    odr_hz: float
    s_mm: float
    b_mm: float
    """Where the IMU sits (``anthropometry``)."""
    recess_mm: float = 55.0
    """How far the rangers stand behind the wall's face."""
    ranger: int = 0
    """The one that faces the hips."""
    beam_m: float | None = None
    """How far above the hip joint it looks, if known."""
    usual_lever_mm: float | None = None
    """Of the person's repetitions so far."""


Pieces = Generator[bool, None, Measured]


def measure(
    signals: Signals, movement: Movement, terms: Terms, upper: Upper | None = None
) -> Measured:
    """Measure ``movement``. ``upper``: what all rangers saw."""
    return finish(measuring(signals, movement, terms, upper))


def finish(pieces: Pieces) -> Measured:
    """What comes of the pieces that are left."""
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            measured: Measured = end.value
            return measured


def measuring(
    signals: Signals, movement: Movement, terms: Terms, upper: Upper | None = None
) -> Pieces:
    """Measure ``movement`` in pieces that are each a fraction of a tick.

    Yields False as long as the next piece asks for nothing but samples up to the movement's end,
    then True: what is left needs the movement to be over.
    """
    judged = terms.pads_judged
    columns = signals.samples.columns(movement.end_index + 1)
    yield False
    way = way_of(signals, columns, movement, terms.s_mm, terms.b_mm)
    start_ns, end_ns, t_s = way.start_ns, way.end_ns, way.t_s
    yield False
    known: tuple[bool, int] | None = None
    while True:
        losses = _losses(signals, start_ns, end_ns, judged)
        kept = all(loss.length_ns < LOG.contact_ms * 1e6 for loss in losses)
        # Ranges and contacts of the last instant may come a tick later than the IMU's samples.
        found = (kept, _ranges_until(signals, end_ns))
        if found == known:
            break
        known = found
        body = levered(
            way.tilt_abs,
            way.drop,
            way.drop_sd,
            int(np.argmax(depth_of(way.tilt, way.drop))),
            way.anchor_deg,
            signals.rest_abs_deg,
            terms.stature_m,
            contacts_kept=kept,
            usual_lever_mm=terms.usual_lever_mm,
        )
        yield False
        course = course_of(way, body.drop_mm)
        turned_deg = signals.turning.within(start_ns, end_ns)
        yield False
        smooth = None
        if course.peak_tilt_deg >= RATIO_TILT_DEG:
            smooth = smoothness(way.tilt, t_s, course.bottom)
        yield False
        followed = follow(
            signals, start_ns, course.bottom_ns, end_ns, t_s, course.drop, terms.recess_mm
        )
        yield False
        hem = None
        if not followed.beam_off:
            hem = hem_share(signals, start_ns, end_ns, t_s, way.tilt_abs, course.peak_tilt_deg)
        yield True
    turned = movement.end_anchor is TURN
    hips = come_back(signals, followed, start_ns, end_ns, turned=turned)
    travel, drop_mm = hips.travel_mm, course.drop_at_bottom_mm
    rest_deg, bottom_deg = signals.rest_abs_deg, course.bottom_tilt_abs_deg
    if travel is not None and terms.beam_m is not None:
        travel -= beam_gain_mm(drop_mm, terms.beam_m)
    ratio = shin = knee = angle = lag_s = None
    if travel is not None and course.peak_tilt_deg >= RATIO_TILT_DEG and not hips.beam_off:
        ratio = hinge_ratio(travel, bottom_deg, rest_deg, terms.stature_m)
    if travel is not None and not hips.beam_off:
        shin, knee = shin_and_knee_deg(travel, drop_mm, terms.stature_m)
        angle = drop_angle_deg(drop_mm, travel)
    if hips.onset_s is not None and course.onset_s is not None:
        lag_s = course.onset_s - hips.onset_s
    tapped = None if hips.gap_mm is None else hips.gap_mm <= TAP_MM
    above = {} if upper is None else upper.above(terms.ranger, start_ns, end_ns)
    wall = touch(signals, above, start_ns, course.bottom_ns, end_ns, tapped, terms.recess_mm)
    all_open_from, all_open = _all_open_ns(signals, start_ns, end_ns, judged)
    imu_samples = 0 if movement.broken else len(t_s)
    why = _why_unscored(signals, start_ns, end_ns, imu_samples, hips, terms, all_open)
    return Measured(
        start_ns=start_ns,
        bottom_ns=course.bottom_ns,
        end_ns=end_ns,
        peak_tilt_deg=course.peak_tilt_deg,
        bottom_tilt_abs_deg=bottom_deg,
        rest_abs_deg=rest_deg,
        hip_travel_mm=travel,
        hip_drop_mm=course.hip_drop_mm,
        drop_at_bottom_mm=drop_mm,
        drop_sd_mm=float(way.drop_sd[course.bottom]),
        hip_return_mm=hips.return_mm,
        hinge_ratio=ratio,
        shin_angle_deg=shin,
        knee_flexion_deg=knee,
        drop_angle_deg=angle,
        excess_drop_mm=excess_drop_mm(drop_mm, bottom_deg, rest_deg, terms.stature_m),
        early_drop_mm=course.early_drop_mm,
        lead_mm=body.lead_mm,
        lever_mm=body.lever_mm,
        lever_told_mm=body.told_mm,
        onset_lag_s=lag_s,
        peak_rate_dps=course.peak_rate_dps,
        peak_rate_down_dps=course.peak_rate_down_dps,
        peak_rate_up_dps=course.peak_rate_up_dps,
        smoothness=smooth,
        t_down_s=course.t_down_s,
        t_hold_s=course.t_hold_s,
        t_up_s=course.t_up_s,
        lockout_over_deg=_lockout_deg(signals, course.bottom_ns),
        side_lean_deg=turned_deg.lean_deg,
        twist_deg=turned_deg.twist_deg,
        tapped=tapped,
        tap_gap_mm=hips.gap_mm,
        tap_tilt_deg=None if wall.tap_ns is None else _tilt_at(signals, wall.tap_ns),
        upper_gap_mm=wall.upper_gap_mm,
        knocks=wall.knocks,
        other_touch_ns=wall.other_ns,
        beam_off_hip=hips.beam_off,
        hem_share=hem,
        phases=course.phases,
        min_contacts=min_contacts(losses, judged, (start_ns, end_ns)),
        contacts_kept=kept,
        losses=losses,
        lightest=lightest(signals.pads, start_ns, end_ns, judged),
        all_open_ns=all_open,
        all_open_from_ns=all_open_from,
        valid=why is None,
        why_unscored=why,
    )


def _ranges_until(signals: Signals, t_ns: int) -> int:
    """How many ranges there are up to then."""
    return bisect_right(signals.ranges, t_ns, key=itemgetter(0))


def _lockout_deg(signals: Signals, bottom_ns: int) -> float:
    """Over all that is known after the bottom: people arch as they come to a stop."""
    # Who began bent forward and ends upright has not arched.
    tall_deg = min(signals.rest_abs_deg, TALL_MOST_DEG)
    samples = signals.samples
    after = samples.least_tilt_abs_deg(bisect_right(samples.times_ns, bottom_ns))
    return 0.0 if after is None else max(tall_deg - after, 0.0)


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
    samples = signals.samples
    return samples.tilt_abs_deg(samples.index_at(t_ns)) - signals.rest_abs_deg


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
    hips: Hips,
    terms: Terms,
    all_open_ns: int,
) -> str | None:
    """The reason why the repetition cannot be scored, or None."""
    length_ns = max(end_ns - start_ns, 1)
    missing_ns = (1.0 - MIN_VALID_SHARE) * length_ns
    if imu_samples < MIN_VALID_SHARE * length_ns * 1e-9 * terms.odr_hz - 2:
        return "imu"
    if terms.needs_tof and (
        hips.max_gap_ns > MAX_GAP_NS
        or hips.unseen_ns > missing_ns
        or hips.seen < MIN_VALID_SHARE * max(hips.asked, 1)
    ):
        return "tof"
    for pad, track in enumerate(signals.pads):
        longest_ns, all_ns = _unread_ns(track, start_ns, end_ns)
        if terms.pads_judged[pad] and (longest_ns > MAX_GAP_NS or all_ns > missing_ns):
            return f"pad {PADS[pad]}"
    return "all pads open" if all_open_ns > ALL_OPEN_NS else None


__all__ = ["Loss", "Measured", "Terms", "measure", "measuring"]
