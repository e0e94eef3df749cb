"""What the beam says of the hips within a movement, as long as it meets them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.middle import middle
from device.reps import BEAM_OFF_DROP_MM
from device.signals import Signals

Array = NDArray[np.float64]

ONSET_TRAVEL_MM = 25.0
RETURN_MM = 15.0
STEP_MM_PER_S = 1500.0
"""Faster than hips travel: the range has jumped to something else."""
TOF_GAP_NS = 75_000_000
"""Three ranging periods: a time at which the hips were not seen."""

BEAM_M = (-0.10, 0.05)
SUNK_MM = 60.0
GAIN, GAIN_PER_M = 0.056, -6.0


def beam_gain_mm(drop_mm: float, beam_m: float) -> float:
    """How much too much travel a beam ``beam_m`` above the hip joint sees when the hips drop.

    The buttock is round: a beam that looks at its lower half meets it nearer to the wall as it
    sinks, one at its upper half further away (circle of radius r: drop times -height / root of
    r^2 - height^2). A cone 12 cm wide smears this; its slopes are fitted on the body model.
    """
    height_m = min(max(beam_m, BEAM_M[0]), BEAM_M[1])
    return min(max(drop_mm, 0.0), SUNK_MM) * (GAIN + GAIN_PER_M * height_m)


class Followed(NamedTuple):
    """The hips from start to end of a movement; None = cannot be known."""

    travel_mm: float | None
    gap_mm: float | None
    """Least distance to the wall's face while the beam met the hips."""
    onset_ns: int | None
    beam_off: bool
    seen: int
    asked: int
    max_gap_ns: int
    unseen_ns: int


class Hips(NamedTuple):
    """The same, and how they came back."""

    travel_mm: float | None
    gap_mm: float | None
    return_mm: float | None
    onset_s: float | None
    beam_off: bool
    seen: int
    asked: int
    max_gap_ns: int
    unseen_ns: int


def follow(
    signals: Signals,
    start_ns: int,
    bottom_ns: int,
    end_ns: int,
    t_s: Array,
    drop: Array,
    recess_mm: float,
) -> Followed:
    """What the beam says of the hips, as long as it meets them. ``drop`` (n,) at ``t_s`` from the
    start."""
    base = signals.rest_range_mm
    inside = [(t, r) for t, r in signals.ranges if start_ns - 60_000_000 <= t <= end_ns]
    seen, last_ns = 0, start_ns
    gaps: list[int] = []
    beam_off = False
    travels: list[tuple[int, float]] = []
    recent: list[float] = []
    before_ns, before_mm = 0, 0.0
    at_s = np.array([t - start_ns for t, _ in inside]) * 1e-9
    lows: list[bool] = (np.interp(at_s, t_s, drop) > BEAM_OFF_DROP_MM).tolist()
    for (t_ns, range_mm), low in zip(inside, lows, strict=True):
        if range_mm is not None or low:
            seen += 1
            gaps.append(t_ns - last_ns)
            last_ns = t_ns
        if low:
            beam_off = True
            continue
        if range_mm is None or base is None:
            continue
        if recent and not beam_off and t_ns < bottom_ns:
            span_s = max((t_ns - before_ns) * 1e-9, 1e-3)
            if abs(range_mm - before_mm) / span_s > STEP_MM_PER_S:
                beam_off = True
        before_ns, before_mm = t_ns, range_mm
        recent.append(range_mm)
        if not beam_off:
            travels.append((t_ns, base - middle(recent[-5:])))
    gaps.append(end_ns - last_ns)
    # The median of five and the sensor's cadence delay what is seen at the bottom.
    down = [d for t, d in travels if t <= bottom_ns + 60_000_000]
    # What was seen before the beam left the hips is not how far they went.
    travel = max(down) if down and not beam_off else None
    onset_ns = next((t for t, d in travels if d > ONSET_TRAVEL_MM), None)
    # The middle of five ranges: shorter than a tap it was none.
    nearest = [base - d for _, d in travels] if base is not None else []
    gap = min(nearest) - recess_mm if nearest else None
    unseen_ns = sum(gap for gap in gaps if gap > TOF_GAP_NS)
    return Followed(travel, gap, onset_ns, beam_off, seen, len(inside), max(gaps), unseen_ns)


def come_back(
    signals: Signals, followed: Followed, start_ns: int, end_ns: int, *, turned: bool
) -> Hips:
    """With the ranges after the end. ``turned``: at once going down again."""
    travel, onset_ns = followed.travel_mm, followed.onset_ns
    base = signals.rest_range_mm
    after: list[float] = []
    for t_ns, range_mm in reversed(signals.ranges):
        if t_ns <= end_ns - 60_000_000 or len(after) == 5:
            break
        if range_mm is not None and not (turned and t_ns > end_ns + 60_000_000):
            after.append(range_mm)
    back = base - middle(after) if after and base is not None else None
    if back is not None and abs(back) > RETURN_MM:
        travel = None
    onset_s = None if onset_ns is None or travel is None else (onset_ns - start_ns) * 1e-9
    return Hips(
        travel,
        followed.gap_mm,
        back,
        onset_s,
        followed.beam_off,
        followed.seen,
        followed.asked,
        followed.max_gap_ns,
        followed.unseen_ns,
    )
