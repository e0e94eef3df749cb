"""The planar body: what tilt, travel and drop mean for a person of a given stature.

Lengths are fractions of stature after Drillis & Contini and Winter, *Biomechanics and Motor
Control of Human Movement*. Angles in degrees, lengths in mm, stature in m. Forward tilt,
travel toward the wall and drop are positive.
"""

from __future__ import annotations

from math import acos, asin, atan2, cos, degrees, hypot, radians, sin, sqrt

SHANK = 0.246
THIGH = 0.245
HIP_HEIGHT = 0.53
TRUNK_TRAVEL = 0.1545
"""Travel of balanced hips per stature and sine of tilt: trunk's share of the centre of mass."""
SHANK_TRAVEL = 0.0433
"""The same per sine of shank lean."""
REST_HIP_AHEAD = 0.026
"""How far the hip joint stands ahead of the ankle at rest, per stature (balance over mid-foot)."""
DEFAULT_STATURE_M = 1.70


def balanced_travel_mm(tilt_abs_deg: float, rest_abs_deg: float, stature_m: float) -> float:
    """Hip travel of a balanced rigid trunk with vertical shins."""
    return (
        1e3 * TRUNK_TRAVEL * stature_m * (sin(radians(tilt_abs_deg)) - sin(radians(rest_abs_deg)))
    )


def hinge_ratio(
    travel_mm: float, tilt_abs_deg: float, rest_abs_deg: float, stature_m: float
) -> float | None:
    """Measured travel over balanced travel; 1 = balanced, rigid trunk. None when undefined."""
    expected_mm = balanced_travel_mm(tilt_abs_deg, rest_abs_deg, stature_m)
    return travel_mm / expected_mm if expected_mm > 1.0 else None


def vertical_shin_drop_mm(travel_mm: float, stature_m: float) -> float:
    """Drop of hips that travel back over vertical shins: Lt - sqrt(Lt^2 - d^2)."""
    thigh_mm = 1e3 * THIGH * stature_m
    d_mm = min(max(travel_mm, 0.0), thigh_mm)
    return thigh_mm - sqrt(thigh_mm * thigh_mm - d_mm * d_mm)


def excess_drop_mm(
    drop_mm: float, tilt_abs_deg: float, rest_abs_deg: float, stature_m: float
) -> float:
    """Drop beyond that of a balanced hinge at this tilt."""
    return drop_mm - vertical_shin_drop_mm(
        balanced_travel_mm(tilt_abs_deg, rest_abs_deg, stature_m), stature_m
    )


def drop_angle_deg(drop_mm: float, travel_mm: float) -> float:
    """How steeply the hips went: 0 = straight back, 90 = straight down."""
    return degrees(atan2(max(drop_mm, 0.0), max(travel_mm, 20.0)))


def shin_and_knee_deg(travel_mm: float, drop_mm: float, stature_m: float) -> tuple[float, float]:
    """Shank's forward lean and knee flexion from where the hip went (two-link IK).

    Standing is taken as a straight leg with the hip a little ahead of the ankle. Singular near
    straight legs: there an error of 10 mm in drop is one of about 3-4 deg in the shin.
    """
    shank_mm, thigh_mm = 1e3 * SHANK * stature_m, 1e3 * THIGH * stature_m
    leg_mm = shank_mm + thigh_mm
    ahead_mm = 1e3 * REST_HIP_AHEAD * stature_m
    up_mm = max(sqrt(leg_mm**2 - ahead_mm**2) - drop_mm, 0.1 * leg_mm)
    back_mm = travel_mm - ahead_mm
    reach_mm = min(max(hypot(back_mm, up_mm), abs(shank_mm - thigh_mm) + 1.0), leg_mm)
    inner = (shank_mm**2 + thigh_mm**2 - reach_mm**2) / (2.0 * shank_mm * thigh_mm)
    knee_deg = 180.0 - degrees(acos(min(max(inner, -1.0), 1.0)))
    at_ankle = (shank_mm**2 + reach_mm**2 - thigh_mm**2) / (2.0 * shank_mm * reach_mm)
    shin_deg = degrees(acos(min(max(at_ankle, -1.0), 1.0)) - atan2(back_mm, up_mm))
    return shin_deg, knee_deg


def balanced_shin_deg(
    drop_mm: float, tilt_abs_deg: float, rest_abs_deg: float, stature_m: float
) -> float:
    """Shank's lean that keeps this tilt and drop in balance, without a measured travel.

    Used when the beam has left the hips. Bisection on the shank's lean between what the legs'
    geometry and what balance say of the travel; 90 when the hips are lower than any balanced
    posture.
    """
    shank_mm, thigh_mm = 1e3 * SHANK * stature_m, 1e3 * THIGH * stature_m
    base_mm = balanced_travel_mm(tilt_abs_deg, rest_abs_deg, stature_m)

    def mismatch(lean: float) -> float:
        fold_mm = drop_mm - shank_mm * (1.0 - cos(lean))
        thigh = asin(sqrt(1.0 - min(max(1.0 - fold_mm / thigh_mm, 0.0), 1.0) ** 2))
        geometric_mm = -shank_mm * sin(lean) + thigh_mm * sin(thigh)
        return geometric_mm - (base_mm + 1e3 * SHANK_TRAVEL * stature_m * sin(lean))

    low, high = radians(-20.0), radians(90.0)
    if mismatch(low) <= 0.0:
        return degrees(low)
    for _ in range(30):
        middle = 0.5 * (low + high)
        if mismatch(middle) > 0.0:
            low = middle
        else:
            high = middle
    return degrees(0.5 * (low + high))


def imu_rise_by_tilt_mm(
    tilt_abs_deg: float, rest_abs_deg: float, s_mm: float, b_mm: float
) -> float:
    """How far the dowel's IMU rises over the hip by tilting alone.

    ``s_mm``: IMU above the hip along the dowel; ``b_mm``: dowel behind the hip joint.
    """
    th, th0 = radians(tilt_abs_deg), radians(rest_abs_deg)
    return s_mm * (cos(th) - cos(th0)) + b_mm * (sin(th) - sin(th0))
