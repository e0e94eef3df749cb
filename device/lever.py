"""How far behind the hips this person's dowel lies, told by how a drop begins and ends.

Tilting alone lifts the IMU by ``b (sin th - sin th0)``, with b the way from the hip joint back to
the dowel. A body that is 30 % deeper than assumed has a b that is 4 cm longer, and every drop
would be 25 mm short at 45 degrees: as much as separates knees-first from a hinge. But legs that
are nearly straight lose height with the square of what they bend, and a hinge starts from straight
legs. So near upright the hips of a good hinge hardly drop, and what is left there, in proportion to
``sin th - sin th0``, is the error of b: the ``lever``.

Knees that go first leave the same trace, with the other sign: the hips are too low from the start.
So a lever that says "deep body" (negative) is believed, one that says "slim" only as far as slim
people go: a knee-driven habit cannot pass as a slim body. A back that rounds takes the dowel along
and looks deep: a repetition that lost a contact is measured with the lever of those before it.

The way up shows the lever again. Knees that went first on the way down need not come last on the
way up: what the two ways differ by (``lead_mm``) has no b in it at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.anthropometry import (
    REST_HIP_AHEAD,
    SHANK,
    THIGH,
    TRUNK_TRAVEL,
    excess_drop_mm,
)

Array = NDArray[np.float64]

FROM_DEG, TO_DEG = 5.0, 22.0
"""Where the lever is looked for: tilt beyond rest."""
LEAST_SAMPLES = 8
DEEP_MM, SLIM_MM = -50.0, 12.0
"""No body is deeper or slimmer than this against the usual one (girth 0.85 to 1.4)."""
NO_BODY_MM = -65.0
"""Looks deeper than any body: a back that rounds from the beginning. It tells nothing."""
DOWN_MOST_SD_MM, UP_MOST_SD_MM = 40.0, 60.0
"""A way whose lever is known no better says nothing."""
SQUAT_SHARE = 0.007
"""Excess drop per stature beyond which a repetition is no measure of a slim body."""
SLIM_LEAD_MM = 2.5
"""The same for the lead of the knees; good reps of the body model lead by 0 +- 1.2 mm."""
LEAD_DEG = 12.0
"""The lead is given as the difference of drop at this tilt."""


KEPT_REPS, LEAST_REPS = 12, 3
OWN_MM = 15.0
"""A repetition whose lever is further from the person's own is no measure of the body: it stays the
same within a visit. Good reps of one person scatter by 7 mm."""


class Build:
    """The lever of a person, from their repetitions so far."""

    def __init__(self, levers_mm: Iterable[float] = ()) -> None:
        """``levers_mm``: of the visits before, newest last."""
        self._seen: deque[float] = deque(levers_mm, maxlen=KEPT_REPS)

    @property
    def levers_mm(self) -> tuple[float, ...]:
        """All that is known, newest last."""
        return tuple(self._seen)

    def learn(self, lever_mm: float) -> None:
        """One more repetition that told its lever."""
        self._seen.append(lever_mm)

    @property
    def lever_mm(self) -> float | None:
        """The middle of the last repetitions; None before there are three."""
        return median(self._seen) if len(self._seen) >= LEAST_REPS else None

    @property
    def slim_mm(self) -> float:
        """How much nearer to the joint than usual the dowel lies; 0 while it is not known."""
        return max(self.lever_mm or 0.0, 0.0)


class Lever(NamedTuple):
    """Of one repetition. Millimetres."""

    error_mm: float | None
    """Drop to take off per unit of ``sin th - sin th0``, within what bodies can be. None when the
    repetition does not tell."""
    lead_mm: float | None
    """How much lower the hips were on the way down than on the way up, at 12 deg of tilt.
    None when one of the two ways does not tell."""


def hinge_drop_mm(tilt_abs_deg: Array, rest_abs_deg: float, stature_m: float) -> Array:
    """Drop (n,) of a balanced hinge whose shins stay as they stood, knees soft.

    Two-link leg (Drillis and Contini; Winter), standing with the hip a little ahead of the ankle.
    """
    shank, thigh, ahead = (1e3 * share * stature_m for share in (SHANK, THIGH, REST_HIP_AHEAD))
    stand = np.arcsin(ahead / (shank + thigh))
    lean = np.sin(np.radians(tilt_abs_deg)) - np.sin(np.radians(rest_abs_deg))
    behind = 1e3 * TRUNK_TRAVEL * stature_m * lean - ahead + shank * np.sin(stand)
    drop: Array = thigh * (np.cos(stand) - np.sqrt(1.0 - np.clip(behind / thigh, -0.98, 0.98) ** 2))
    return drop


def lever(
    tilt_abs_deg: Array,
    drop_mm: Array,
    drop_sd_mm: Array,
    bottom: int,
    rest_abs_deg: float,
    stature_m: float,
) -> Lever:
    """Of a repetition with its bottom at index ``bottom``; all arrays (n,), evenly in time."""
    surplus = drop_mm - hinge_drop_mm(tilt_abs_deg, rest_abs_deg, stature_m)
    sine = np.sin(np.radians(tilt_abs_deg)) - np.sin(np.radians(rest_abs_deg))
    tilt = tilt_abs_deg - rest_abs_deg
    window = (tilt > FROM_DEG) & (tilt < TO_DEG)
    down, up = window.copy(), window
    down[bottom + 1 :] = False
    up[:bottom] = False
    falling = _slope(sine[down], surplus[down], drop_sd_mm[down])
    if falling is None or falling[0] < NO_BODY_MM or falling[1] > DOWN_MOST_SD_MM:
        return Lever(None, None)
    error_mm = float(min(max(falling[0], DEEP_MM), SLIM_MM))
    rising = _slope(sine[up], surplus[up], drop_sd_mm[up])
    if rising is None or rising[1] > UP_MOST_SD_MM:
        return Lever(error_mm, None)
    rest = np.radians(rest_abs_deg)
    at_lead = float(np.sin(rest + np.radians(LEAD_DEG)) - np.sin(rest))
    return Lever(error_mm, (falling[0] - rising[0]) * at_lead)


class Levered(NamedTuple):
    """A drop with the body's depth taken out of it."""

    drop_mm: Array
    lever_mm: float
    """What was taken off per unit of sine."""
    told_mm: float | None
    """What the repetition itself tells of the body; None when it cannot."""
    lead_mm: float | None


def levered(
    tilt_abs_deg: Array,
    drop_mm: Array,
    drop_sd_mm: Array,
    bottom: int,
    anchor_deg: float,
    rest_abs_deg: float,
    stature_m: float,
    *,
    contacts_kept: bool,
    usual_lever_mm: float | None,
) -> Levered:
    """The drop (n,) of a repetition without the error of b; ``anchor_deg`` is where it is 0.

    ``usual_lever_mm``: of the person's repetitions so far, if known.
    """
    found = lever(tilt_abs_deg, drop_mm, drop_sd_mm, bottom, rest_abs_deg, stature_m)
    sine = np.sin(np.radians(tilt_abs_deg)) - np.sin(np.radians(anchor_deg))
    told_mm = found.error_mm if contacts_kept else None
    if told_mm is not None and told_mm > 0.0:
        left_mm = float(drop_mm[bottom] - told_mm * sine[bottom])
        excess = excess_drop_mm(left_mm, float(tilt_abs_deg[bottom]), rest_abs_deg, stature_m)
        # Knees that went first, or deep in them at the bottom: no slim body at the beginning.
        led = found.lead_mm is not None and found.lead_mm > SLIM_LEAD_MM
        if led or excess > SQUAT_SHARE * 1e3 * stature_m:
            told_mm = None
    usual_mm = usual_lever_mm if usual_lever_mm is not None else 0.0
    lever_mm = usual_mm if told_mm is None else told_mm
    if usual_lever_mm is not None and abs(lever_mm - usual_lever_mm) > OWN_MM:
        lever_mm = usual_lever_mm
    lead_mm = found.lead_mm if contacts_kept else None
    return Levered(drop_mm - lever_mm * sine, lever_mm, told_mm, lead_mm)


def _slope(sine: Array, surplus_mm: Array, sd_mm: Array) -> tuple[float, float] | None:
    """Surplus per unit of sine through the origin, every part of the way counting alike, and how
    far it is unknown; None from too few samples."""
    if len(sine) < LEAST_SAMPLES:
        return None
    weight = np.abs(np.gradient(sine)) + 1e-6
    norm = float((weight * sine * sine).sum())
    return (
        float((weight * sine * surplus_mm).sum()) / norm,
        float((weight * sine * sd_mm).sum()) / norm,
    )
