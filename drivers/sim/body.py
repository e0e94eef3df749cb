"""A person who keeps the balance: makes motions of good and bad reps.

Planar, but for a lean to the side and a turn about the vertical, of the trunk and with it the
dowel; the hips give way to a side lean as they do to a forward one, so that the balance is kept.

Segments and their balance after Drillis and Contini and Winter: ankle height .039, shank
.246, thigh .245, trunk (hip to shoulder) .288 of stature. Lifting the trunk, the shank or
the weight moves the hips so that the centre of mass stays over the same point of the foot:

    travel = 0.536 trunk (sin th' - sin th0) + 0.176 shank (sin al - sin al0) - 1.227 dc

with th the trunk, al the shank, dc the forward shift of the weight; a rounded back counts
as sin th' = 0.441 sin thorax + 0.559 sin pelvis. The dowel rides on the thorax, so
``trunk_deg`` is the pitch of the thorax. Patterns are assumptions, not measured people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from drivers.sim.motion import Motion
from drivers.sim.smooth import Array, minimum_jerk

REST_TRUNK_DEG = 3.0
REST_SHANK_DEG = 3.5
REST_THIGH_DEG = -2.5
"""Thigh leaning back from the knee; below 0 the hip stands in front of it."""
NECK_DEG = 4.0

BALANCE_TRUNK, BALANCE_SHANK, BALANCE_SHIFT = 0.536, 0.176, 1.227
THORAX_SHARE, PELVIS_SHARE = 0.441, 0.559

PATTERNS = (
    "hinge",
    "squat",
    "knees_first",
    "trunk_bend",
    "trunk_bend_mild",
    "rounding",
    "rounding_mild",
    "head_drop",
    "overarch",
    "side_lean",
    "twist",
    "back_to_wall",
)
ADVICE = frozenset({"side_lean", "twist"})
"""Good hinges but for something that is only advised on: the name stays GOOD."""


@dataclass(frozen=True)
class Rep:
    """One rep. Angles in degrees: ``peak_tilt_deg`` is the change of the dowel from rest,
    ``shin_deg`` the forward lean of the shank at the bottom, ``lumbar_deg`` and ``neck_deg``
    flexion at the bottom, ``arch_deg`` how far the trunk goes past rest at the lockout.
    ``shift_m`` moves the weight forward; the trunk starts ``lag`` of the descent late, the legs
    ``leg_lag``. ``side_deg`` leans the trunk to the right and ``twist_deg`` turns it to the left
    at the bottom.
    """

    pattern: str = "hinge"
    peak_tilt_deg: float = 47.0
    shin_deg: float = 2.0
    lumbar_deg: float = 3.0
    shift_m: float = 0.0
    neck_deg: float = 0.0
    arch_deg: float = 0.0
    side_deg: float = 0.0
    twist_deg: float = 0.0
    lag: float = 0.0
    leg_lag: float = 0.0
    down_s: float = 2.0
    hold_s: float = 0.4
    up_s: float = 1.9

    @property
    def duration_s(self) -> float:
        settle_s = 0.6 if self.arch_deg else 0.0
        return self.down_s + self.hold_s + self.up_s + settle_s


def draw_rep(
    pattern: str, rng: np.random.Generator, tempo_s: tuple[float, float] = (1.7, 2.6)
) -> Rep:
    """A rep of a pattern with natural spread; ``tempo_s`` bounds the descent.

    Raises ValueError for an unknown pattern.
    """
    if pattern not in PATTERNS:
        raise ValueError(f"pattern {pattern!r}, expected one of {', '.join(PATTERNS)}")

    def about(mean: float, sd: float) -> float:
        # Within 2.5 SD: a tail beyond that would be another pattern.
        return mean + sd * float(np.clip(rng.normal(), -2.5, 2.5))

    rep = Rep(
        pattern=pattern,
        peak_tilt_deg=about(47, 7),
        shin_deg=about(2, 3),
        lumbar_deg=about(3, 3),
        neck_deg=about(0, 2.5),
        down_s=float(rng.uniform(*tempo_s)),
        hold_s=float(rng.uniform(0.2, 0.8)),
        up_s=float(rng.uniform(*tempo_s)) * 0.9,
    )
    if pattern == "squat":
        tilt = max(12.0, about(33, 9))
        return replace(
            rep, peak_tilt_deg=tilt, shin_deg=about(24, 6), lumbar_deg=about(5, 4), lag=0.18
        )
    if pattern == "knees_first":
        return replace(rep, peak_tilt_deg=about(43, 8), shin_deg=about(14, 3.5), lag=0.22)
    if pattern in ("trunk_bend", "trunk_bend_mild"):
        shift = about(0.055, 0.015) if pattern == "trunk_bend" else about(0.032, 0.008)
        return replace(rep, shift_m=shift, shin_deg=about(-3, 1.5), lumbar_deg=about(5, 4))
    if pattern == "rounding":
        return replace(rep, lumbar_deg=about(25, 8))
    if pattern == "rounding_mild":
        return replace(rep, lumbar_deg=about(14, 3))
    if pattern == "head_drop":
        return replace(rep, neck_deg=about(27, 4))
    if pattern == "overarch":
        return replace(rep, arch_deg=about(9, 1))
    if pattern in ("side_lean", "twist"):
        way = float(rng.choice((-1.0, 1.0)))
        if pattern == "side_lean":
            return replace(rep, side_deg=way * about(12, 1.5))
        return replace(rep, twist_deg=way * about(15, 2))
    if pattern == "back_to_wall":
        # Sitting back onto the wall, which carries some of the weight: the shoulders get there.
        tilt, shin = about(-9, 1), about(30, 2)
        return replace(rep, peak_tilt_deg=tilt, shin_deg=shin, shift_m=about(-0.08, 0.005))
    return rep


@dataclass(frozen=True)
class Posture:
    """Angles (n,) in degrees and the weight shift in metres over time."""

    trunk_deg: Array
    shank_deg: Array
    lumbar_deg: Array
    neck_deg: Array
    shift_m: Array
    side_deg: Array
    twist_deg: Array


def standing(n: int) -> Posture:
    """Standing tall for n samples."""
    zero = np.zeros(n)
    return Posture(
        zero + REST_TRUNK_DEG, zero + REST_SHANK_DEG, zero, zero + NECK_DEG, zero, zero, zero
    )


def posture_of(rep: Rep, time_s: Array) -> Posture:
    """The posture at ``time_s`` (n,) from the rep's start: minimum-jerk down, hold, up."""
    up_from_s = rep.down_s + rep.hold_s
    rising = minimum_jerk((time_s - up_from_s) / rep.up_s)
    legs_late_s = rep.leg_lag * rep.down_s
    legs = minimum_jerk((time_s - legs_late_s) / (rep.down_s - legs_late_s)) - rising
    late_s = rep.lag * rep.down_s
    trunk = minimum_jerk((time_s - late_s) / (rep.down_s - late_s)) - rising
    # The arch comes up in the last third of the ascent and goes within the settling time.
    lockout_s = up_from_s + rep.up_s
    arch = minimum_jerk((time_s - lockout_s + rep.up_s / 3) / (rep.up_s / 3)) - minimum_jerk(
        (time_s - lockout_s - 0.1) / 0.5
    )
    return Posture(
        REST_TRUNK_DEG + rep.peak_tilt_deg * trunk - rep.arch_deg * arch,
        REST_SHANK_DEG + (rep.shin_deg - REST_SHANK_DEG) * legs,
        rep.lumbar_deg * trunk - 1.5 * rep.arch_deg * arch,
        NECK_DEG + rep.neck_deg * trunk,
        rep.shift_m * legs,
        rep.side_deg * trunk,
        rep.twist_deg * trunk,
    )


@dataclass(frozen=True)
class Body:
    """A body: stature in metres, girth as a factor on the buttock's depth, and factors on
    the usual proportions of shank, thigh and trunk."""

    stature_m: float = 1.75
    girth: float = 1.0
    shank: float = 1.0
    thigh: float = 1.0
    trunk: float = 1.0

    @staticmethod
    def drawn(
        rng: np.random.Generator,
        stature_m: float | None = None,
        girth: float = 1.0,
        segment_spread: float = 0.03,
    ) -> Body:
        """A person with own proportions; stature 1.5 to 2.0 m unless given."""
        height = float(rng.uniform(1.5, 2.0)) if stature_m is None else stature_m
        shank, thigh, trunk = (1 + segment_spread * rng.normal(size=3).clip(-2, 2)).tolist()
        return Body(height, girth, shank, thigh, trunk)

    @property
    def ankle_m(self) -> float:
        return 0.039 * self.stature_m

    @property
    def shank_m(self) -> float:
        return 0.246 * self.stature_m * self.shank

    @property
    def thigh_m(self) -> float:
        return 0.245 * self.stature_m * self.thigh

    @property
    def trunk_m(self) -> float:
        return 0.288 * self.stature_m * self.trunk

    def rest_hip(self) -> tuple[float, float]:
        """The hip joint (forward, up) in metres from the ankle's foot point, standing tall."""
        al, be = np.radians(REST_SHANK_DEG), np.radians(REST_THIGH_DEG)
        return (
            float(self.shank_m * np.sin(al) - self.thigh_m * np.sin(be)),
            float(self.ankle_m + self.shank_m * np.cos(al) + self.thigh_m * np.cos(be)),
        )

    def motion(self, time_s: Array, posture: Posture, lean_rad: Array | None = None) -> Motion:
        """The motion that keeps the balance in this posture; ``lean_rad`` (n,) is sway of the
        whole body about the ankle. All segments keep their lengths."""
        al, th = np.radians(posture.shank_deg), np.radians(posture.trunk_deg)
        pelvis = th - np.radians(posture.lumbar_deg)
        al0, th0 = np.radians(REST_SHANK_DEG), np.radians(REST_TRUNK_DEG)
        turned = THORAX_SHARE * np.sin(th) + PELVIS_SHARE * np.sin(pelvis) - np.sin(th0)
        travel = (
            BALANCE_TRUNK * self.trunk_m * turned
            + BALANCE_SHANK * self.shank_m * (np.sin(al) - np.sin(al0))
            - BALANCE_SHIFT * posture.shift_m
        )
        behind = travel - self.rest_hip()[0] + self.shank_m * np.sin(al)
        be = np.arcsin(np.clip(behind / self.thigh_m, -0.98, 0.98))
        neck = th + np.radians(posture.neck_deg)
        lean = np.zeros(len(time_s)) if lean_rad is None else lean_rad
        al, be, th, pelvis, neck = al + lean, be - lean, th + lean, pelvis + lean, neck + lean
        ankle = np.stack([np.zeros(len(time_s)), np.full(len(time_s), self.ankle_m)], axis=1)
        knee = ankle + self.shank_m * _toward(al)
        hip = knee + self.thigh_m * _toward(-be)
        # Hip to C7 is .29 of stature; the low back bends a third of the way up.
        bend = hip + 0.35 * self.trunk_m * _toward(pelvis)
        c7 = bend + 0.66 * self.trunk_m * _toward(th)
        points = {
            "ankle": ankle,
            "knee": knee,
            "hip": hip,
            "c7": c7,
            "l5": hip + 0.2 * self.trunk_m * _toward(pelvis),
            "thorax": bend + 0.3 * self.trunk_m * _toward(th),
            "head": c7 + 0.10 * self.stature_m * _toward(neck),
        }
        angles = {
            "trunk_deg": np.degrees(th),
            "knee_flex_deg": np.degrees(al + be),
            "pelvis_pitch_deg": np.degrees(pelvis),
            "thorax_pitch_deg": np.degrees(th),
            "lumbar_flex_deg": posture.lumbar_deg,
            "lateral_lean_deg": posture.side_deg,
            "heading_deg": posture.twist_deg,
        }
        return Motion(time_s, points, angles)

    def hip_left_m(self, posture: Posture) -> Array:
        """How far left (n,) the hips go to keep the balance over a lean to the right."""
        left_m: Array = BALANCE_TRUNK * self.trunk_m * np.sin(np.radians(posture.side_deg))
        return left_m

    def rep(
        self, rep: Rep, rate_hz: float = 120.0, before_s: float = 0.5, after_s: float = 0.5
    ) -> Motion:
        """The motion of one rep, standing tall ``before_s`` and ``after_s``."""
        n = round((before_s + rep.duration_s + after_s) * rate_hz) + 1
        time_s = np.arange(n) / rate_hz
        return replace(self.motion(time_s, posture_of(rep, time_s - before_s)), name=rep.pattern)


def _toward(angle_rad: Array) -> Array:
    """Unit vectors (n, 2), forward and up, at an angle forward of the vertical."""
    return np.stack([np.sin(angle_rad), np.cos(angle_rad)], axis=1)
