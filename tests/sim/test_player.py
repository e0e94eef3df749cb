"""A motion as a scene: leads and eases, the dowel's IMU, the pads, truth, speed."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.sim.body import Body, Rep
from drivers.sim.dowel import GRAVITY, Moving, imu_series
from drivers.sim.motion import CONTACTS, Motion, read_motion
from drivers.sim.player import MotionScene, hanging_hem_m
from drivers.sim.posture import opened, pad_forces_n
from drivers.sim.smooth import Array

MOTIONS = Path(__file__).parents[1] / "data" / "motions"
S, B = 0.10, 0.14


def moving_at(speed: float = 0.3, n: int = 121) -> Motion:
    """Upright and sliding backward at a steady speed: a clip cut in mid-motion."""
    t = np.arange(n) / 120
    back = np.stack([-speed * t, np.zeros(n)], axis=1)
    spots = {"ankle": (0.0, 0.08), "knee": (0.0, 0.5), "hip": (0.0, 0.93), "c7": (0.0, 1.43)}
    points = {name: np.array(xy) + back for name, xy in spots.items()}
    return Motion(t, points, {"trunk_deg": np.full(n, 2.0)})


def ns(t_s: float) -> int:
    return round(t_s * 1e9)


def imu_of(scene: MotionScene, times_s: Array) -> Array:
    return np.array([scene.imu(round(t * 1e9)) for t in times_s])


def test_before_and_after_the_clip_its_end_poses_stand_still() -> None:
    scene = MotionScene(moving_at())
    assert scene.offset_s == 2.0
    assert scene.duration_s == pytest.approx(2.0 + 1.0 + 2.0, abs=0.01)
    th = np.radians(2.0)
    for t in (0.0, 1.0, 1.69, 3.31, 5.0, 60.0):
        force = scene.imu(int(t * 1e9))
        assert force[:3] == pytest.approx((9.80665 * np.cos(th), 0, 9.80665 * np.sin(th)), abs=1e-6)
        assert force[3:] == pytest.approx((0, 0, 0), abs=1e-9)
    truth = scene.truth()
    assert truth.hip_travel_mm[truth.time_s < -0.3] == pytest.approx(0.0, abs=1e-9)
    assert truth.hip_travel_mm[truth.time_s > 1.31] == pytest.approx(300.0, abs=1e-6)


def test_the_ease_reaches_the_clips_speed_without_a_jump() -> None:
    truth = MotionScene(moving_at(0.3)).truth()
    step_s = truth.time_s[1] - truth.time_s[0]
    speed = np.gradient(truth.hip_travel_mm / 1000, step_s)
    jump = np.abs(np.diff(speed))
    assert np.max(jump) < 0.02
    clip = (truth.time_s > 0.01) & (truth.time_s < 0.99)
    assert speed[clip] == pytest.approx(0.3, abs=1e-6)
    assert truth.hip_travel_mm[np.argmin(np.abs(truth.time_s))] == pytest.approx(0.0, abs=0.7)


def test_specific_force_integrates_to_the_clips_speed_through_the_ease() -> None:
    scene = MotionScene(moving_at(0.3))
    t = np.arange(0.0, 2.5, 1 / 960)
    th = np.radians(2.0)
    felt = imu_of(scene, t)
    backward = felt[:, 2] * np.cos(th) - felt[:, 0] * np.sin(th)
    assert np.trapezoid(backward, t) == pytest.approx(0.3, abs=0.002)


@pytest.mark.parametrize("lead_in_s", [0.0, 0.1])
def test_with_little_or_no_lead_the_clip_begins_as_it_is(lead_in_s: float) -> None:
    scene = MotionScene(moving_at(0.3), lead_in_s=lead_in_s, lead_out_s=0.0)
    assert scene.offset_s == lead_in_s
    assert scene.duration_s == pytest.approx(1.0 + lead_in_s, abs=0.005)
    truth = scene.truth()
    late = truth.time_s >= 0
    assert truth.hip_travel_mm[late] == pytest.approx(300 * truth.time_s[late].clip(0, 1), abs=0.3)


def test_the_scene_begins_at_its_own_time() -> None:
    late = MotionScene(moving_at(), t0_ns=7_000_000_000)
    scene = MotionScene(moving_at())
    for t in (0, 2_100_000_000, 2_600_000_000):
        assert late.imu(t + 7_000_000_000) == scene.imu(t)
        assert late.reflection(0, t + 7_000_000_000) == scene.reflection(0, t)
    assert late.imu(0) == scene.imu(0)


def test_sizes_come_from_the_first_pose() -> None:
    scene = MotionScene(moving_at(), gap_m=0.4)
    assert scene.hip_height_m == pytest.approx(0.93)
    assert scene.stature_m == pytest.approx(0.93 / 0.53)
    assert scene.tof_heights_m == pytest.approx((0.90,))
    rest_mm = scene.reflection(0, 0).range_mm
    assert rest_mm is not None
    assert 455 <= rest_mm < 480
    three = MotionScene(moving_at(), gap_m=0.4, tof_heights_m=[0.75, 0.9, 2.6])
    assert three.reflection(1, 0).range_mm == rest_mm
    assert three.reflection(2, 0).range_mm is None
    with pytest.raises(IndexError):
        three.reflection(3, 0)


def test_reflectance_scales_the_light_that_comes_back() -> None:
    light = MotionScene(moving_at(), reflectance=0.4).reflection(0, 0)
    dark = MotionScene(moving_at(), reflectance=0.05).reflection(0, 0)
    assert dark.reflectance == pytest.approx(light.reflectance / 8)
    assert dark.range_mm == light.range_mm
    assert 0.2 < light.reflectance <= 0.4


def test_bending_forward_turns_at_a_positive_rate_about_y() -> None:
    scene = MotionScene(Body().rep(Rep(peak_tilt_deg=45, down_s=2.0)), 0, 0)
    truth = scene.truth()
    felt = imu_of(scene, truth.time_s)
    rate = np.gradient(np.radians(truth.tilt_deg), truth.time_s)
    assert felt[5:-5, 4] == pytest.approx(rate[5:-5], abs=0.01)
    assert np.max(felt[:, 4]) == pytest.approx(np.radians(45) / 2.0 * 15 / 8, rel=0.03)
    assert np.max(np.abs(felt[:, [1, 3, 5]])) < 1e-9
    bottom = int(np.argmax(truth.tilt_deg))
    assert felt[bottom, 2] == pytest.approx(GRAVITY * np.sin(np.radians(48)), abs=0.7)


@pytest.mark.parametrize("girth", [1.0, 1.4])
@pytest.mark.parametrize(
    "rep",
    [Rep(), Rep(pattern="squat", peak_tilt_deg=35, shin_deg=26, lag=0.18), Rep(lumbar_deg=25)],
)
def test_hip_drop_comes_back_out_of_what_the_imu_feels(rep: Rep, girth: float) -> None:
    scene = MotionScene(Body().rep(rep), 0, 0, girth=girth)
    behind_m = B + 0.13 * (girth - 1.0)
    truth = scene.truth()
    t = truth.time_s
    felt = imu_of(scene, t)
    th0 = np.radians(3.0)
    dt = t[1] - t[0]
    th = th0 + np.concatenate([[0], np.cumsum((felt[1:, 4] + felt[:-1, 4]) / 2 * dt)])
    up_accel = felt[:, 0] * np.cos(th) + felt[:, 2] * np.sin(th) - GRAVITY
    speed = np.concatenate([[0], np.cumsum((up_accel[1:] + up_accel[:-1]) / 2 * dt)])
    dz = np.concatenate([[0], np.cumsum((speed[1:] + speed[:-1]) / 2 * dt)])
    turned = S * (np.cos(th) - np.cos(th0)) + behind_m * (np.sin(th) - np.sin(th0))
    drop_mm = -(dz - turned) * 1000
    assert np.max(truth.hip_drop_mm) > 10
    assert drop_mm == pytest.approx(truth.hip_drop_mm, abs=1.5)


@settings(max_examples=30)
@given(
    st.floats(-1.2, 1.5),
    st.lists(st.floats(-2, 2), min_size=3, max_size=3),
    st.lists(st.floats(-0.4, 0.4), min_size=2, max_size=2),
)
def test_the_imu_agrees_with_finite_differences_in_space(
    pitch0: float, rates: list[float], still: list[float]
) -> None:
    """Positions and axes of the chip in space, differentiated by hand."""
    t = np.arange(-4, 5) * 1e-3
    pitch = pitch0 + rates[0] * t + 0.5 * t**2
    roll, yaw = still[0] + rates[1] * t, rates[2] * t

    def frame(p: float, r: float, y: float) -> Array:
        rz = np.array([[np.cos(y), -np.sin(y), 0], [np.sin(y), np.cos(y), 0], [0, 0, 1]])
        ry = np.array([[np.cos(p), 0, np.sin(p)], [0, 1, 0], [-np.sin(p), 0, np.cos(p)]])
        rx = np.array([[1, 0, 0], [0, np.cos(r), -np.sin(r)], [0, np.sin(r), np.cos(r)]])
        return np.asarray(rz @ ry @ rx)

    frames = np.array([frame(*a) for a in zip(pitch, roll, yaw, strict=True)])
    place = frames @ np.array([-B, 0.0, S])
    accel = (place[5] - 2 * place[4] + place[3]) / 1e-6
    force = frames[4].T @ (accel + np.array([0, 0, GRAVITY]))
    turn = frames[4].T @ ((frames[5] - frames[3]) / 2e-3)
    zero = np.zeros((1, 2))
    now = Moving(
        np.array([[pitch0, still[0], 0.0]]), np.array([rates]), np.array([[1.0, 0.0, 0.0]])
    )
    felt = imu_series(Moving(zero, zero, zero), now, S, B)[0]
    assert felt[:3] == pytest.approx([force[2], force[1], -force[0]], abs=2e-3)
    assert felt[3:] == pytest.approx([turn[1, 0], turn[0, 2], -turn[2, 1]], abs=1e-4)


def test_a_hip_that_speeds_up_is_felt_in_the_persons_plane() -> None:
    still = np.zeros((1, 3))
    hip = Moving(np.zeros((1, 2)), np.zeros((1, 2)), np.array([[-2.0, 1.0]]))
    felt = imu_series(hip, Moving(still, still, still))[0]
    assert felt == pytest.approx([GRAVITY + 1.0, 0, 2.0, 0, 0, 0])


def test_lean_and_turn_of_real_people_reach_the_chip() -> None:
    motion = read_motion(MOTIONS / "CMU_13__13_30_Squat_11s.csv")
    felt = imu_of(MotionScene(motion), np.arange(2.0, 7.0, 0.01))
    assert np.max(np.abs(felt[:, 3])) > 0.1
    flat = replace(motion, angles={"trunk_deg": motion.trunk_deg})
    felt = imu_of(MotionScene(flat), np.arange(2.0, 7.0, 0.01))
    assert np.max(np.abs(felt[:, [1, 3, 5]])) < 1e-9


def test_lean_turns_the_chip_about_its_forward_axis_and_heading_about_the_dowel() -> None:
    ramp = np.linspace(0, 20, 121)
    motion = moving_at(0.0)
    motion = replace(motion, angles={"trunk_deg": np.zeros(121)})
    rate = np.radians(20.0)
    leaning = replace(motion, angles={**motion.angles, "lateral_lean_deg": ramp})
    assert MotionScene(leaning).imu(ns(2.5))[3:] == pytest.approx((0, 0, -rate), abs=1e-6)
    turning = replace(motion, angles={**motion.angles, "heading_deg": ramp})
    assert MotionScene(turning).imu(ns(2.5))[3:] == pytest.approx((rate, 0, 0), abs=1e-6)
    # To the right: gravity's reaction is then felt from the left side of the chip.
    side = MotionScene(leaning).imu(ns(4.9))
    assert side.ay == pytest.approx(9.80665 * np.sin(np.radians(20)), abs=1e-6)


def test_real_clips_feel_like_people_not_like_rounding() -> None:
    for path in sorted(p for p in MOTIONS.glob("*.csv") if p.name != "INDEX.csv"):
        scene = MotionScene(read_motion(path))
        felt = imu_of(scene, np.arange(0.0, scene.duration_s, 0.005))
        size = np.linalg.norm(felt[:, :3], axis=1)
        assert np.max(size) < 3.0 * GRAVITY, path.name
        assert np.max(np.abs(felt[:, 3:])) < np.radians(400), path.name


def posed(**angles: Array) -> tuple[dict[str, Array], dict[str, Array]]:
    n = len(next(iter(angles.values())))
    return {}, {"trunk_deg": np.zeros(n), **angles}


def test_the_sacrum_opens_at_12_degrees_and_closes_at_10() -> None:
    flex = np.concatenate([np.linspace(5, 20, 151), np.linspace(20, 5, 151)])
    force = pad_forces_n(*posed(lumbar_flex_deg=flex), {})
    change = flex - 5
    assert np.min(change[force[:, 2] == 0]) == pytest.approx(10.0, abs=0.11)
    assert np.max(change[force[:, 2] > 0]) == pytest.approx(12.0, abs=0.11)
    assert force[0, 2] == 6.0
    assert np.min(force[force[:, 2] > 0, 2]) == pytest.approx(1.5, abs=0.05)
    assert np.all(force[:, 0] == 6.0)
    assert np.all(force[:, 1] == 6.0)


def test_the_upper_back_opens_below_minus_10_degrees() -> None:
    force = pad_forces_n(*posed(lumbar_flex_deg=np.linspace(0, -15, 151)), {})
    assert np.flatnonzero(force[:, 1] == 0)[0] == 101
    assert np.all(force[:, 2] == 6.0)


@pytest.mark.parametrize("way", [1.0, -1.0])
def test_the_head_opens_at_15_degrees_against_the_thorax_either_way(way: float) -> None:
    turn = np.radians(way * np.linspace(0, 20, 201))
    c7 = np.zeros((201, 2))
    head = c7 + 0.2 * np.stack([np.sin(turn + 0.2), np.cos(turn + 0.2)], axis=1)
    points = {"c7": c7, "head": head}
    angles = {"trunk_deg": np.zeros(201)}
    force = pad_forces_n(points, angles, {})
    assert np.flatnonzero(force[:, 0] == 0)[0] == 151
    # The neck rides along with the thorax: what turns together stays in contact.
    turned = pad_forces_n(points, {**angles, "thorax_pitch_deg": np.degrees(turn)}, {})
    assert np.all(turned[:, 0] > 0)


def test_what_is_not_recorded_stays_closed_and_contact_columns_rule() -> None:
    assert np.all(pad_forces_n(*posed(knee_flex_deg=np.zeros(3)), {}) == 6.0)
    flex = np.linspace(0, 30, 50)
    given = {pad: np.where(np.arange(50) < 25, 1.0, 0.0) for pad in CONTACTS}
    force = pad_forces_n(*posed(lumbar_flex_deg=flex), given)
    assert np.all(force[:25] == 5.0)
    assert np.all(force[25:] == 0.0)


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=60))
def test_hysteresis_as_a_state_machine(angles: list[float]) -> None:
    is_open = False
    expected = []
    for angle in angles:
        if angle > 12:
            is_open = True
        elif angle < 10:
            is_open = False
        expected.append(is_open)
    assert opened(np.array(angles), 12.0).tolist() == expected


def test_contact_columns_hold_from_sample_to_sample() -> None:
    motion = moving_at(0.0)
    touch = (np.arange(121) >= 60).astype(float)
    scene = MotionScene(replace(motion, contacts={"head": touch}), lead_in_s=1.0)
    forces = [scene.pad_force_n(int(t * 1e9))[0] for t in (0.0, 1.49, 1.505, 2.0, 9.0)]
    assert forces == [0.0, 0.0, 5.0, 5.0, 5.0]
    closed = MotionScene(motion.with_contacts_closed())
    assert closed.pad_force_n(2_500_000_000) == (5.0, 5.0, 5.0)


def test_truth_of_the_lift_matches_its_index() -> None:
    truth = MotionScene(read_motion(MOTIONS / "VUA_s1__stoop1_2D.csv")).truth()
    # INDEX.csv: trunk 88.7 deg (0.0 upright), hips 0.219 m back from the most upright pose.
    assert np.max(truth.tilt_deg) == pytest.approx(88.7 - 2.2, abs=1.0)
    assert np.max(truth.hip_travel_mm) == pytest.approx(192, abs=4)
    assert np.max(truth.hip_drop_mm) == pytest.approx(104, abs=4)


def test_sway_is_small_slow_seeded_and_felt_as_one_motion() -> None:
    still = moving_at(0.0, n=1201)
    calm, swaying = MotionScene(still), MotionScene(still, sway_mm=6.0, seed=1)
    assert np.ptp(calm.truth().hip_travel_mm) == 0.0
    travel = swaying.truth().hip_travel_mm
    assert 3.0 < np.ptp(travel) < 13.0
    assert np.ptp(swaying.truth().tilt_deg) < 1.0
    again, other = (MotionScene(still, sway_mm=6.0, seed=s).truth() for s in (1, 2))
    assert np.array_equal(again.hip_travel_mm, travel)
    assert not np.array_equal(other.hip_travel_mm, travel)
    t = swaying.truth().time_s
    felt = imu_of(swaying, t + swaying.offset_s)
    rate = np.gradient(np.radians(swaying.truth().tilt_deg), t)
    assert felt[9:-9, 4] == pytest.approx(rate[9:-9], abs=1e-3)
    th = np.radians(2.0 + swaying.truth().tilt_deg)
    imu_fwd = -travel / 1000 + S * np.sin(th) - B * np.cos(th)
    accel = np.gradient(np.gradient(imu_fwd, t), t)
    felt_fwd = felt[:, 0] * np.sin(th) - felt[:, 2] * np.cos(th)
    # The tilt at the first instant is not known to the truth: a constant share of gravity.
    assert np.ptp(felt_fwd[9:-9] - accel[9:-9]) < 1e-3
    assert np.max(np.abs(accel[9:-9])) > 0.004


def test_a_hem_swings_after_the_hip_and_never_through_the_body() -> None:
    t = np.arange(480) / 120
    hip = -0.2 * np.clip(t - 0.5, 0, 0.5) / 0.5
    hem = hanging_hem_m(hip, 120.0, 0.03)
    assert hem[:50] == pytest.approx(np.full(50, 0.03))
    assert np.min(hem) == 0.0
    assert np.max(hem) > 0.05
    assert hem[-1] == pytest.approx(0.03, abs=0.02)


def test_calls_are_quick_enough_for_a_register_level_simulation() -> None:
    scene = MotionScene(moving_at())
    best = min(_us_per_round(scene) for _ in range(5))
    # About 1.5 us for all three on a desktop core; the bound leaves room for a slow machine.
    assert best < 30.0


def _us_per_round(scene: MotionScene) -> float:
    began = time.perf_counter()
    for t in range(0, 5_000_000_000, 2_500_000):
        scene.imu(t)
        scene.pad_force_n(t)
        scene.reflection(0, t)
    return (time.perf_counter() - began) / 2000 * 1e6


def test_what_comes_out_are_plain_floats() -> None:
    scene = MotionScene(moving_at())
    t = 2_512_345_678
    values = [*scene.imu(t), *scene.pad_force_n(t), scene.reflection(0, t).range_mm]
    assert {type(v) for v in values} == {float}
