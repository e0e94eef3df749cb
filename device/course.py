"""The course of a finished movement: what follows from the IMU's samples alone."""

from __future__ import annotations

from math import radians
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.past import Columns
from device.phases import Phases, phases
from device.reps import DEEP_DROP_MM, DEEP_TILT_DEG, START_DROP_MM, START_TILT_DEG, Movement
from device.signals import Signals
from device.strapdown import TURN, close

Array = NDArray[np.float64]

ONSET_TILT_DEG = 6.0
EARLY_TILT_DEG = 12.0
ENDS = 3
"""Samples over which the tilt's rate at an end is averaged."""
HOLD_SHARE = 0.9


class Way(NamedTuple):
    """From the start to the end; arrays (n,), ``t_s`` from the start."""

    start_ns: int
    end_ns: int
    t_s: Array
    tilt_abs: Array
    tilt: Array
    """From rest."""
    drop: Array
    drop_sd: Array
    rate: Array
    anchor_deg: float
    """Where the drop is 0."""


class Course(NamedTuple):
    """The same with the body's depth taken out of the drop. None = cannot be known."""

    bottom: int
    bottom_ns: int
    peak_tilt_deg: float
    bottom_tilt_abs_deg: float
    hip_drop_mm: float
    drop: Array
    drop_at_bottom_mm: float
    early_drop_mm: float | None
    onset_s: float | None
    """When the trunk began to tilt."""
    peak_rate_dps: float
    peak_rate_down_dps: float
    peak_rate_up_dps: float
    t_down_s: float
    t_hold_s: float
    t_up_s: float
    phases: Phases


def median5(values: Array) -> Array:
    """Running median of five, shorter at the ends."""
    padded = np.concatenate((values[:1], values[:1], values, values[-1:], values[-1:]))
    a, b, c, d, e = (padded[i : len(padded) - 4 + i] for i in range(5))
    # The middle one of e, the larger of the pairs' lows, and the smaller of their highs.
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))
    middle: Array = np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), e))
    return middle


def depth_of(tilt: Array, drop: Array) -> Array:
    """How deep the person is, from tilt in degrees and drop in mm."""
    depth: Array = np.maximum(tilt, 0.0) / DEEP_TILT_DEG + np.maximum(drop, 0.0) / DEEP_DROP_MM
    return depth


def way_of(signals: Signals, columns: Columns, movement: Movement, s_mm: float, b_mm: float) -> Way:
    """The samples of ``movement``, with the drop integrated between its ends. ``columns``: its
    samples from the anchor on."""
    times_ns, tilt_abs, up, rate = columns
    t_s = (times_ns - times_ns[0]) * 1e-9
    # What was learnt upright lies along the dowel, and leans with it.
    up = up - signals.bias_mps2 * np.cos(np.radians(tilt_abs))
    tilt, anchor_deg = tilt_abs - signals.rest_abs_deg, float(tilt_abs[0])
    drop, drop_sd = _drop_mm(t_s, tilt_abs, up, movement, s_mm, b_mm)
    first = _first(movement, tilt, drop)
    start_ns = movement.start_ns if movement.broken else int(times_ns[first])
    return Way(
        start_ns,
        int(times_ns[-1]),
        t_s[first:] + (int(times_ns[0]) - start_ns) * 1e-9,
        tilt_abs[first:],
        tilt[first:],
        drop[first:],
        drop_sd[first:],
        rate[first:],
        anchor_deg,
    )


def course_of(way: Way, drop: Array) -> Course:
    """``drop`` (n,) in mm: that of ``way`` without the error of the body's depth."""
    t_s, tilt = way.t_s, way.tilt
    depth = depth_of(tilt, drop)
    bottom = int(np.argmax(depth))
    drop5, rate = median5(drop), way.rate
    early = np.flatnonzero(tilt >= EARLY_TILT_DEG)
    tilted = np.flatnonzero(tilt > ONSET_TILT_DEG)
    hold = np.flatnonzero(depth >= HOLD_SHARE * depth[bottom])
    hold_from, hold_to = (hold[0], hold[-1]) if depth[bottom] > 0 else (bottom, bottom)
    return Course(
        bottom=bottom,
        bottom_ns=way.start_ns + round(t_s[bottom] * 1e9),
        peak_tilt_deg=float(np.max(median5(tilt))),
        bottom_tilt_abs_deg=float(way.tilt_abs[bottom]),
        hip_drop_mm=float(np.max(drop5)),
        drop=drop,
        drop_at_bottom_mm=float(drop5[bottom]),
        early_drop_mm=float(drop[early[0]]) if len(early) else None,
        onset_s=float(t_s[tilted[0]]) if len(tilted) else None,
        peak_rate_dps=float(np.max(median5(rate))),
        peak_rate_down_dps=float(np.max(median5(rate[: bottom + 1]))),
        peak_rate_up_dps=float(np.max(median5(rate[bottom:]))),
        t_down_s=float(t_s[hold_from]),
        t_hold_s=float(t_s[hold_to] - t_s[hold_from]),
        t_up_s=float(t_s[-1] - t_s[hold_to]),
        phases=phases(way.start_ns, way.end_ns, t_s, tilt, depth),
    )


def _drop_mm(
    t_s: Array, tilt_abs: Array, up: Array, movement: Movement, s_mm: float, b_mm: float
) -> tuple[Array, Array]:
    """Drop of the hips in mm, and its standard deviation."""
    th = np.radians(tilt_abs)
    th0 = radians(float(tilt_abs[0]))
    by_tilt = s_mm * (np.cos(th) - np.cos(th0)) + b_mm * (np.sin(th) - np.sin(th0))
    # They came back upright: the hips are as high as at the start.
    end_rise_m = 1e-3 * float(by_tilt[-1])
    # (A gradient is that of its neighbours.)
    head, tail = slice(None, ENDS + 1), slice(-ENDS - 1, None)
    path = close(
        t_s,
        up,
        movement.start_anchor,
        movement.end_anchor,
        end_rise_m,
        start_velocity_mps=_mean_speed(by_tilt[head], t_s[head], slice(None, ENDS)),
        end_velocity_mps=_mean_speed(by_tilt[tail], t_s[tail], slice(-ENDS, None)),
    )
    return by_tilt - 1e3 * path.rise_m, 1e3 * path.rise_sd_m


def _mean_speed(by_tilt: Array, t_s: Array, part: slice) -> float:
    return float(np.mean(np.gradient(by_tilt, t_s)[part] * 1e-3))


def _first(movement: Movement, tilt: Array, drop: Array) -> int:
    """Where the repetition starts; after a turn that is later than the turn itself."""
    start = movement.start_index
    if movement.start_anchor is not TURN or tilt[start] > START_TILT_DEG:
        return start
    away = (tilt[start:] > START_TILT_DEG) | (drop[start:] > START_DROP_MM)
    return start + int(np.argmax(away)) if bool(away.any()) else start
