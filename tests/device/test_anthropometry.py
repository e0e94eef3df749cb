"""The planar body against the numbers of its sources and against itself."""

from __future__ import annotations

from math import cos, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.anthropometry import (
    balanced_shin_deg,
    balanced_travel_mm,
    drop_angle_deg,
    excess_drop_mm,
    hinge_ratio,
    imu_rise_by_tilt_mm,
    shin_and_knee_deg,
    vertical_shin_drop_mm,
)

REST = 3.0
STATURES = st.floats(1.45, 2.05)

TABLE = [
    # stature, trunk, travel, drop, knee: good hinges with the shins about upright
    (1.50, 15, 46, 0, 4), (1.50, 45, 149, 18, 21), (1.50, 60, 186, 33, 27),
    (1.60, 30, 108, 7, 14), (1.60, 50, 174, 26, 24),
    (1.75, 15, 53, 0, 6), (1.75, 30, 118, 9, 14), (1.75, 45, 174, 25, 22), (1.75, 60, 217, 44, 28),
    (1.90, 45, 189, 29, 23), (1.90, 60, 236, 50, 29),
    (2.00, 30, 135, 12, 15), (2.00, 45, 199, 32, 23), (2.00, 60, 248, 55, 30),
]  # fmt: skip


@pytest.mark.parametrize(("stature", "trunk", "travel", "drop", "knee"), TABLE)
def test_the_table_of_good_hinges(
    stature: float, trunk: float, travel: float, drop: float, knee: float
) -> None:
    assert balanced_travel_mm(trunk, REST, stature) == pytest.approx(travel, abs=6)
    shin_deg, knee_deg = shin_and_knee_deg(travel, drop, stature)
    # The table stands with a knee a little bent, the inverse kinematics with a straight leg.
    assert shin_deg == pytest.approx(0, abs=4)
    assert knee_deg == pytest.approx(knee, abs=7.5)
    assert -0.0135 * 1e3 * stature < excess_drop_mm(drop, trunk, REST, stature) < 0
    assert drop_angle_deg(drop, travel) < 13


@pytest.mark.parametrize(
    ("travel", "drop", "trunk", "shin", "knee"),
    [(76, 65, 15, 20, 45), (148, 150, 30, 25, 67), (173, 233, 35, 30, 84), (210, 292, 45, 30, 93)],
)
def test_the_squats_of_the_table(
    travel: float, drop: float, trunk: float, shin: float, knee: float
) -> None:
    found = shin_and_knee_deg(travel, drop, 1.75)
    assert found[0] == pytest.approx(shin, abs=3.2)
    assert found[1] == pytest.approx(knee, abs=2)
    assert excess_drop_mm(drop, trunk, REST, 1.75) > 60
    assert drop_angle_deg(drop, travel) > 38


def test_known_closed_forms() -> None:
    # 154.5 H (sin 45 - sin 0), H = 2.
    assert balanced_travel_mm(45, 0, 2.0) == pytest.approx(309 * sin(radians(45)))
    # A thigh of 490 mm that goes back 294 (a 3-4-5 triangle): 490 - 392.
    assert vertical_shin_drop_mm(294, 2.0) == pytest.approx(98)
    assert vertical_shin_drop_mm(-50, 2.0) == 0
    assert vertical_shin_drop_mm(9_999, 2.0) == pytest.approx(490)
    assert imu_rise_by_tilt_mm(90, 0, 100, 140) == pytest.approx(40)
    assert imu_rise_by_tilt_mm(30, 30, 100, 140) == 0


@given(STATURES, st.floats(15, 70), st.floats(-5, 8))
def test_a_balanced_hinge_has_ratio_one_and_no_excess(
    stature: float, tilt: float, rest: float
) -> None:
    travel = balanced_travel_mm(tilt, rest, stature)
    assert hinge_ratio(travel, tilt, rest, stature) == pytest.approx(1)
    assert hinge_ratio(0.6 * travel, tilt, rest, stature) == pytest.approx(0.6)
    drop = vertical_shin_drop_mm(travel, stature)
    assert excess_drop_mm(drop, tilt, rest, stature) == pytest.approx(0, abs=1e-9)
    assert excess_drop_mm(drop + 25, tilt, rest, stature) == pytest.approx(25)


def test_a_ratio_without_a_tilt_is_not_known() -> None:
    assert hinge_ratio(50, 3, 3, 1.7) is None
    assert hinge_ratio(50, -10, 3, 1.7) is None


@pytest.mark.parametrize(
    ("drop", "travel", "angle"),
    [(0, 150, 0), (100, 100, 45), (-30, 100, 0), (20, 0, 45), (20, -80, 45), (173.205, 100, 60)],
)
def test_the_drop_angle_never_divides_by_less_than_20_mm(
    drop: float, travel: float, angle: float
) -> None:
    assert drop_angle_deg(drop, travel) == pytest.approx(angle, abs=1e-3)


@given(STATURES, st.floats(-5, 40), st.floats(12, 90))
def test_the_legs_are_found_again(stature: float, shin: float, knee: float) -> None:
    """Forward: hip over shank and thigh; inverse: the same angles."""
    shank, thigh = 246 * stature, 245 * stature
    al, be = radians(shin), radians(knee - shin)
    behind = -shank * sin(al) + thigh * sin(be)
    up = shank * cos(al) + thigh * cos(be)
    leg, ahead = shank + thigh, 26.0 * stature
    found = shin_and_knee_deg(behind + ahead, sqrt(leg**2 - ahead**2) - up, stature)
    assert list(found) == pytest.approx([shin, knee], abs=0.01)


@given(STATURES, st.floats(0, 30), st.floats(15, 60))
def test_balance_stands_in_for_travel(stature: float, shin: float, tilt: float) -> None:
    """A balanced posture's drop gives back its shank."""
    travel = balanced_travel_mm(tilt, REST, stature) + 43.3 * stature * sin(radians(shin))
    thigh, shank = 245 * stature, 246 * stature
    lean = (travel + shank * sin(radians(shin))) / thigh
    if lean > 0.98:
        return
    drop = thigh * (1 - sqrt(1 - lean**2)) + shank * (1 - cos(radians(shin)))
    assert balanced_shin_deg(drop, tilt, REST, stature) == pytest.approx(shin, abs=0.1)


def test_hips_lower_than_any_balance_or_never_lowered() -> None:
    assert balanced_shin_deg(900, 30, REST, 1.7) > 35
    assert balanced_shin_deg(-300, 30, REST, 1.7) < 0
