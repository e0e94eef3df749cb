"""How far from the wall to stand: the personal distance, and the seeds' own.

From the planar body (Drillis & Contini; Winter): the butt just touches at a tilt where
``gap = 0.1545 H (sin th - sin th0)``, weight over mid-foot.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, degrees, radians, sin

from device.anthropometry import TRUNK_TRAVEL

FOOT = 0.152
"""Foot length over stature."""
HEEL_SHARE = 0.25
"""The ankle stands so far along the foot from the heel."""
HIP_AHEAD = 0.03
"""The hip joint stands so far ahead of the ankle, per stature, with the weight on mid-foot."""
BUTTOCK_M = 0.13
"""Buttock behind the hip joint."""
CLOSER_M = 0.05
FURTHER_M = 0.03
MISSES = 3


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


def heels_for_tap_m(stature_m: float, tilt_deg: float, rest_deg: float = 0.0) -> float:
    """Heel-to-wall distance at which the butt just touches at ``tilt_deg``."""
    travel_m = TRUNK_TRAVEL * stature_m * (sin(radians(tilt_deg)) - sin(radians(rest_deg)))
    # Heels, ankle, hip joint ahead of it, buttock behind it, then the way to the wall.
    ankle_m = HEEL_SHARE * FOOT * stature_m
    return travel_m - ankle_m - HIP_AHEAD * stature_m + BUTTOCK_M


def tap_tilt_deg(stature_m: float, gap_m: float, rest_deg: float = 0.0) -> float | None:
    """Tilt at which the butt meets a wall ``gap_m`` behind it; None when it is out of reach."""
    need = sin(radians(rest_deg)) + gap_m / (TRUNK_TRAVEL * stature_m)
    return degrees(asin(need)) if need <= 1.0 else None


def next_distance_m(now_m: float, taps: tuple[bool, ...]) -> float:
    """After ten of ten further away, after three misses in a row closer, else the same."""
    if len(taps) >= MISSES and not any(taps[-MISSES:]):
        return now_m - CLOSER_M
    if len(taps) >= 10 and all(taps[-10:]):
        return now_m + FURTHER_M
    return now_m
