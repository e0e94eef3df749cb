"""How far from the wall to stand: the personal distance, and the seeds' own.

From the planar body (Drillis & Contini; Winter): the butt just touches at a tilt where
``gap = 0.1545 H (sin th - sin th0)``, weight over mid-foot. Taps that were seen correct it: a
person's ``reach`` is the factor on that travel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, degrees, radians, sin
from statistics import median
from typing import NamedTuple

from device.anthropometry import TRUNK_TRAVEL

FOOT = 0.152
"""Foot length over stature."""
HEEL_SHARE = 0.25
"""The ankle stands so far along the foot from the heel."""
HIP_AHEAD = 0.03
"""The hip joint stands so far ahead of the ankle, per stature, with the weight on mid-foot."""
BUTTOCK_M = 0.13
"""Buttock behind the hip joint."""
REST_DEG = 3.0
"""Lean of somebody standing tall."""
FIRST_TAP_DEG, FULL_TAP_DEG = 30.0, 45.0
"""Where a beginner's tap is asked, and the aim."""
CLOSER_M = 0.05
FURTHER_M = 0.03
NEAREST_M = 0.10
"""Heels nearer to the wall than this leave no room to bend."""
MISSES = 3
ON_HEELS_M = 0.049
"""How much further back the hips get with the weight 4 cm towards the heels (1.227 dc)."""
LEAST_TAP_DEG = 15.0
"""A tap with less tilt says nothing of the reach."""
LEAST_REACH, MOST_REACH = 0.7, 1.5
"""A reach outside is a step or a slip, not a body."""


@dataclass(frozen=True)
class Distance:
    """A place to stand: heels to the wall in metres, and whether a tap can be asked there."""

    name: str
    heels_m: float
    tap: bool


SEED_DISTANCES = (
    Distance("one foot", 0.30, tap=True),
    Distance("a foot or two", 0.45, tap=False),
    Distance("a few feet", 0.75, tap=False),
)
"""The distances of the source texts. Only the first can be touched, and that takes 65-70 deg."""


class Tap(NamedTuple):
    """A tap that was seen: the gap that was closed, and the tilt from the vertical it took."""

    gap_m: float
    tilt_abs_deg: float


def stand_off_m(stature_m: float) -> float:
    """Heels to the wall of somebody whose butt touches it standing tall: add the gap."""
    return BUTTOCK_M - HEEL_SHARE * FOOT * stature_m - HIP_AHEAD * stature_m


def reach_of(stature_m: float, taps: Sequence[Tap], rest_deg: float = REST_DEG) -> float:
    """The person's reach as a factor on the formula: the median over ``taps``; 1 without any."""
    sines = sin(radians(rest_deg))
    factors = [
        tap.gap_m / (TRUNK_TRAVEL * stature_m * (sin(radians(tap.tilt_abs_deg)) - sines))
        for tap in taps
        if tap.tilt_abs_deg - rest_deg >= LEAST_TAP_DEG
    ]
    return min(max(median(factors), LEAST_REACH), MOST_REACH) if factors else 1.0


def heels_for_tap_m(
    stature_m: float, tilt_deg: float, rest_deg: float = 0.0, reach: float = 1.0
) -> float:
    """Heel-to-wall distance at which the butt just touches at ``tilt_deg``."""
    travel_m = TRUNK_TRAVEL * stature_m * (sin(radians(tilt_deg)) - sin(radians(rest_deg)))
    return reach * travel_m + stand_off_m(stature_m)


def tap_tilt_deg(
    stature_m: float, gap_m: float, rest_deg: float = 0.0, reach: float = 1.0
) -> float | None:
    """Tilt at which the butt meets a wall ``gap_m`` behind it; None when it is out of reach."""
    need = sin(radians(rest_deg)) + gap_m / (reach * TRUNK_TRAVEL * stature_m)
    return degrees(asin(need)) if need <= 1.0 else None


def distances(stature_m: float, reach: float = 1.0) -> tuple[Distance, ...]:
    """All places to stand: the beginner's tap, the full tap, and the three of the seeds."""
    own = tuple(
        Distance(name, round(heels_for_tap_m(stature_m, deg, REST_DEG, reach), 3), tap=True)
        for name, deg in (("first tap", FIRST_TAP_DEG), ("full tap", FULL_TAP_DEG))
    )
    return own + SEED_DISTANCES


def tap_tilt_at_deg(
    distance: Distance, stature_m: float, reach: float = 1.0, *, on_heels: bool = False
) -> float | None:
    """Tilt that a tap from there takes; None when it cannot be touched."""
    gap_m = distance.heels_m - stand_off_m(stature_m) - (ON_HEELS_M if on_heels else 0.0)
    return tap_tilt_deg(stature_m, gap_m, REST_DEG, reach)


def next_distance_m(now_m: float, taps: tuple[bool, ...]) -> float:
    """After ten of ten further away, after three misses in a row closer, else the same."""
    if len(taps) >= MISSES and not any(taps[-MISSES:]):
        return max(now_m - CLOSER_M, min(now_m, NEAREST_M))
    if len(taps) >= 10 and all(taps[-10:]):
        return now_m + FURTHER_M
    return now_m
