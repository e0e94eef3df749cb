"""Lean and turn to the side, and knocks, from the samples of a turning IMU."""

from __future__ import annotations

from math import radians

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.attitude import Attitude, Pose
from device.turning import KNOCK_MPS2, LONGEST_KNOCK_NS, Ranges, Turning
from drivers.samples import ImuSample

ODR_HZ = 208.0
STEP_NS = round(1e9 / ODR_HZ)
MS = 1_000_000


def sample(i: int, ax: float = 9.81, az: float = 0.0, gx: float = 0.0) -> ImuSample:
    return ImuSample(i * STEP_NS, ax, 0.0, az, gx, 0.0, 0.0)


def pose(i: int, side_deg: float = 0.0, heading_deg: float = 0.0) -> Pose:
    return Pose(i * STEP_NS, 0.0, side_deg, 0.0, 0.0, heading_deg)


@pytest.mark.parametrize("way", [1.0, -1.0])
def test_a_turn_about_the_vertical_is_seen_with_its_size_and_sign(way: float) -> None:
    attitude = Attitude(ODR_HZ)
    seen = [attitude.update(sample(i, gx=0.0)).heading_deg for i in range(400)]
    # Upright, the dowel's own axis is the vertical: 20 deg in half a second, to the left +.
    turn = [
        attitude.update(sample(400 + i, gx=way * radians(40.0))).heading_deg for i in range(104)
    ]
    assert turn[-1] - seen[-1] == pytest.approx(way * 20.0, abs=0.5)


@settings(max_examples=30)
@given(st.lists(st.floats(-170.0, 170.0), min_size=2, max_size=40), st.floats(-500.0, 500.0))
def test_the_range_of_a_turn_does_not_hang_on_where_zero_is(
    steps: list[float], zero_deg: float
) -> None:
    turning, plain = Turning(ODR_HZ), [0.0]
    for step in steps:
        plain.append(plain[-1] + step)
    for i, deg in enumerate(plain):
        turning.add(sample(i), pose(i, heading_deg=(deg + zero_deg + 180.0) % 360.0 - 180.0))
    found = turning.within(0, len(plain) * STEP_NS)
    assert found.twist_deg == pytest.approx(max(plain) - min(plain), abs=1e-6)


def test_only_the_time_asked_for_counts() -> None:
    turning = Turning(ODR_HZ)
    for i in range(60):
        turning.add(sample(i), pose(i, side_deg=9.0 if i < 20 else 0.1 * (i - 20), heading_deg=i))
    found = turning.within(30 * STEP_NS, 50 * STEP_NS)
    assert found.lean_deg == pytest.approx(2.0)
    assert found.twist_deg == pytest.approx(20.0)
    assert turning.within(10**12, 2 * 10**12) == Ranges(0.0, 0.0)


def test_after_a_hole_the_turn_begins_anew() -> None:
    turning = Turning(ODR_HZ)
    turning.add(sample(0), pose(0, heading_deg=0.0))
    turning.anew()
    turning.add(sample(1), pose(1, heading_deg=90.0))
    assert turning.within(0, STEP_NS).twist_deg == 0.0


@pytest.mark.parametrize(("push", "found"), [(KNOCK_MPS2 - 0.1, 0), (KNOCK_MPS2 + 0.1, 1)])
def test_a_jump_of_the_acceleration_is_a_knock(push: float, found: int) -> None:
    turning = Turning(ODR_HZ)
    for i in range(100):
        turning.add(sample(i, az=push if i == 50 else 0.0), pose(i))
    knocks = turning.knocks_ns(0, 100 * STEP_NS)
    assert len(knocks) == found
    assert all(t_ns == 50 * STEP_NS for t_ns in knocks)
    assert turning.knocks_ns(60 * STEP_NS, 100 * STEP_NS) == ()


def test_what_shakes_on_is_no_knock_and_two_apart_are_two() -> None:
    def knocks(shaken: set[int]) -> int:
        turning = Turning(ODR_HZ)
        for i in range(200):
            turning.add(sample(i, az=8.0 * (-1.0) ** (i // 2) if i in shaken else 0.0), pose(i))
        return len(turning.knocks_ns(0, 200 * STEP_NS))

    motor = round(2 * LONGEST_KNOCK_NS / STEP_NS)
    assert knocks(set(range(50, 50 + motor))) == 0
    assert knocks({50, 150}) == 2


def test_a_slow_even_change_of_the_acceleration_is_no_knock() -> None:
    turning = Turning(ODR_HZ)
    for i in range(208):
        turning.add(sample(i, az=0.1 * i), pose(i))
    assert turning.knocks_ns(0, 208 * STEP_NS) == ()
