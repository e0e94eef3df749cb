"""What a simulated person really did, by the definitions of docs/metrics.md.

Computed from the scene's time series and the forces on the pads; nothing of the pipeline or of a
chip is used, so that an error shared by both cannot hide.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.sim.motion import CONTACTS, Motion
from drivers.sim.player import GRID_HZ, MotionScene

Array = NDArray[np.float64]

TRAVEL_SHARE = 0.536 * 0.288
"""Balanced hip travel per stature and sine of tilt (Drillis and Contini, Winter)."""
REST_DEG = 3.0
"""Lean of the dowel when standing tall (the body model's)."""
START_TILT_DEG = 5.0
START_MM = 20.0


class Series(NamedTuple):
    """A set over time (n,): angles in degrees forward, mm to the wall and down; N on each pad."""

    time_s: Array
    tilt_deg: Array
    travel_mm: Array
    drop_mm: Array
    shin_deg: Array
    knee_deg: Array
    force_n: Array
    """(n, 3): head, thoracic, sacrum; 0 = open."""


class RepTruth(NamedTuple):
    """One rep. Everything is the change from the rep's start; shin and knee are angles."""

    onset_s: float
    """Tilt over 5 deg, or travel or drop over 20 mm: when the rep can first be seen."""
    bottom_s: float
    tilt_deg: float
    travel_mm: float
    drop_mm: float
    shin_deg: float
    knee_deg: float
    ratio: float | None
    """Travel over that of a balanced rigid trunk; None below 15 deg."""
    rate_dps: float
    opened: tuple[str, ...]
    """Pads without force at any time of the rep."""


class Opening(NamedTuple):
    """A pad that left the back."""

    pad: str
    open_s: float
    length_s: float


def series_of(scene: MotionScene, motion: Motion) -> Series:
    """The whole scene over time. Shin and knee are the motion's, without the sway (< 0.6 deg)."""
    truth = scene.truth()
    time_s = truth.time_s
    shank = motion.points["knee"] - motion.points["ankle"]
    shin_deg = np.degrees(np.arctan2(shank[:, 0], shank[:, 1]))
    clip_s = motion.time_s - motion.time_s[0]
    force = [scene.track.pads_at(at / GRID_HZ) for at in range(len(time_s))]
    return Series(
        time_s,
        truth.tilt_deg,
        truth.hip_travel_mm,
        truth.hip_drop_mm,
        np.interp(time_s, clip_s, shin_deg),
        np.interp(time_s, clip_s, motion.angles["knee_flex_deg"]),
        np.array(force),
    )


def rep_truth(series: Series, start_s: float, end_s: float, stature_m: float) -> RepTruth:
    """The truth of the rep from ``start_s`` to ``end_s``.

    Raises ``ValueError`` when the series has no two samples there.
    """
    inside = np.flatnonzero((series.time_s >= start_s - 1e-9) & (series.time_s <= end_s + 1e-9))
    if len(inside) < 2:
        raise ValueError(f"rep from {start_s} to {end_s} s, expected samples between")
    time_s = series.time_s[inside]
    tilt, travel, drop = (
        values[inside] - values[inside[0]]
        for values in (series.tilt_deg, series.travel_mm, series.drop_mm)
    )
    bottom = int(np.argmax(np.maximum(tilt, 0.0) / 45.0 + np.maximum(drop, 0.0) / 200.0))
    begun = np.flatnonzero((tilt > START_TILT_DEG) | (travel > START_MM) | (drop > START_MM))
    peak_deg = float(tilt.max())
    travel_mm = float(travel[: bottom + 1].max())
    rest = np.radians(REST_DEG + series.tilt_deg[inside[0]])
    lean = float(np.sin(rest + np.radians(tilt[bottom])) - np.sin(rest))
    force = series.force_n[inside]
    return RepTruth(
        onset_s=float(time_s[begun[0] if len(begun) else 0]),
        bottom_s=float(time_s[bottom]),
        tilt_deg=peak_deg,
        travel_mm=travel_mm,
        drop_mm=float(drop.max()),
        shin_deg=float(series.shin_deg[inside[bottom]]),
        knee_deg=float(series.knee_deg[inside[bottom]]),
        ratio=travel_mm / (1e3 * TRAVEL_SHARE * stature_m * lean) if peak_deg >= 15.0 else None,
        rate_dps=float(np.abs(np.gradient(tilt, time_s)).max()),
        opened=tuple(pad for i, pad in enumerate(CONTACTS) if bool((force[:, i] <= 0.0).any())),
    )


def openings(series: Series) -> list[Opening]:
    """Every time a pad lost its force, in order of time."""
    found = []
    for i, pad in enumerate(CONTACTS):
        is_open = np.concatenate([[False], series.force_n[:, i] <= 0.0, [False]])
        edges = np.flatnonzero(is_open[1:] != is_open[:-1])
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            length_s = float(end - begin) / GRID_HZ
            found.append(Opening(pad, float(series.time_s[begin]), length_s))
    return sorted(found, key=lambda opening: opening.open_s)
