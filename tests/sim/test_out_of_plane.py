"""The twin out of its plane: lean and turn to the side, and a dowel that hits the wall."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.sim.body import Body, Rep, posture_of
from drivers.sim.dowel import GRAVITY, IMU_BEHIND_M, IMU_UP_M, Moving, imu_series
from drivers.sim.knock import HIT_S, PASSED_ON, RECOVERY_S, knocks_mps2
from drivers.sim.player import MotionScene
from drivers.sim.scenario_file import parse_scenario
from drivers.sim.scenario_plan import plan
from drivers.sim.segments import Place, SegmentMaker, grid_s
from drivers.sim.smooth import Array

RATE_HZ = 480.0


def felt(maker: SegmentMaker, **args: float) -> np.ndarray:
    """What the dowel's IMU feels in one hinge (n, 6), at 200 Hz."""
    base = {"peak_tilt_deg": 47.0, "down_s": 2.0, "hold_s": 0.4, "up_s": 1.9, "pause_s": 0.5}
    track = maker.make("hinge", 0.0, {**base, **args}).track
    return np.array([track.imu_at(t) for t in np.arange(0.0, 4.5, 0.005)])


def maker(gap_m: float = 0.5, dowel_low_m: float = 0.0) -> SegmentMaker:
    return SegmentMaker(Body(), Place(gap_m=gap_m, dowel_low_m=dowel_low_m, sway_mm=0.0))


def test_in_the_plane_nothing_is_felt_across_it() -> None:
    assert np.max(np.abs(felt(maker())[:, [1, 3, 5]])) < 1e-9


def test_at_the_bottom_gravity_says_how_far_the_trunk_leans_aside() -> None:
    at_bottom = felt(maker(), side_deg=12.0)[round(2.2 / 0.005)]
    across = np.cos(np.radians(50.0)) * np.sin(np.radians(12.0))
    assert at_bottom[1] == pytest.approx(GRAVITY * across, abs=0.05)
    assert np.linalg.norm(at_bottom[:3]) == pytest.approx(GRAVITY, abs=0.05)
    other = felt(maker(), side_deg=-12.0)[round(2.2 / 0.005)]
    assert other[1] == pytest.approx(-at_bottom[1], abs=0.01)


def test_the_gyroscope_feels_the_whole_turn_and_it_comes_back() -> None:
    turn = felt(maker(), twist_deg=15.0)
    still = felt(maker())
    # About the vertical: the rates along the dowel and forward, by its pitch.
    rep = Rep(peak_tilt_deg=47.0, down_s=2.0, hold_s=0.4, up_s=1.9)
    pitch = np.radians(posture_of(rep, np.arange(0.0, 4.5, 0.005)).trunk_deg)
    rate = turn[:, 3] * np.cos(pitch) - turn[:, 5] * -np.sin(pitch)
    turned = np.degrees(np.cumsum(rate) * 0.005)
    assert np.max(turned) == pytest.approx(15.0, abs=0.3)
    assert turned[-1] == pytest.approx(0.0, abs=0.3)
    assert turn[:, 4] == pytest.approx(still[:, 4], abs=1e-6)


def test_the_hips_give_way_to_the_other_side() -> None:
    body = Body()
    time_s = grid_s(4.0)
    left_m = body.hip_left_m(posture_of(Rep(side_deg=12.0), time_s))
    assert np.max(left_m) == pytest.approx(0.536 * body.trunk_m * np.sin(np.radians(12)), rel=1e-6)
    assert left_m[0] == 0.0
    assert np.all(body.hip_left_m(posture_of(Rep(side_deg=-12.0), time_s)) <= 0.0)


def test_a_hip_that_speeds_up_to_the_left_is_felt_there() -> None:
    still = np.zeros((1, 3))
    hip = Moving(still, still, np.array([[-2.0, 0.7, 1.0]]))
    seen = imu_series(hip, Moving(still, still, still), IMU_UP_M, IMU_BEHIND_M)[0]
    assert seen == pytest.approx([GRAVITY + 1.0, 0.7, 2.0, 0, 0, 0])


def test_a_lean_reaches_the_chip_by_a_motion_too() -> None:
    scene = MotionScene(Body().rep(Rep(side_deg=12.0, twist_deg=10.0)))
    seen = np.array([scene.imu(int(t * 1e9)) for t in np.arange(2.5, 7.0, 0.01)])
    assert np.max(np.abs(seen[:, 1])) > 1.0
    assert np.max(np.abs(seen[:, 3])) > 0.1


def test_a_turned_pelvis_brings_one_side_nearer() -> None:
    def least_mm(**args: float) -> float:
        track = maker().make("hinge", 0.0, {"peak_tilt_deg": 47.0, **args}).track
        seen = [track.reflection_at(0, t).range_mm for t in np.arange(0.0, 4.0, 0.02)]
        return min(mm for mm in seen if mm is not None)

    times = {"down_s": 2.0, "hold_s": 0.4, "up_s": 1.9, "pause_s": 0.5, "lumbar_deg": 0.0}
    straight = least_mm(**times, shin_deg=2.0)
    left, right = (least_mm(**times, shin_deg=2.0, twist_deg=deg) for deg in (15.0, -15.0))
    assert left < straight - 4.0
    assert right > straight + 4.0


# -- knocks ------------------------------------------------------------------------------------


def test_an_end_that_reaches_the_wall_is_stopped_and_taken_along_again() -> None:
    # 0.2 m/s back; the wall after a second.
    end: Array = -0.2 * np.arange(960, dtype=np.float64) / RATE_HZ
    push = knocks_mps2(end[:, None], -0.2, RATE_HZ)
    hit, recovery = round(HIT_S * RATE_HZ), round(RECOVERY_S * RATE_HZ)
    assert not push[:480].any()
    assert np.sum(push[480 : 480 + hit]) / RATE_HZ == pytest.approx(0.2 * PASSED_ON, rel=0.1)
    assert np.sum(push) / RATE_HZ == pytest.approx(0.0, abs=0.01)
    assert not push[480 + hit + recovery + 3 :].any()


def test_an_end_that_comes_away_or_stays_clear_is_no_knock() -> None:
    away: Array = 0.2 * np.arange(960, dtype=np.float64) / RATE_HZ - 0.3
    assert not knocks_mps2(away[:, None], -0.2, RATE_HZ).any()
    assert not knocks_mps2(np.full((960, 1), -0.1), -0.2, RATE_HZ).any()


@pytest.mark.parametrize(("low_m", "knocked"), [(0.0, False), (0.05, False), (0.20, True)])
def test_a_dowel_that_hangs_too_low_hits_the_wall_before_the_hips(
    low_m: float, knocked: bool
) -> None:
    seen = felt(maker(gap_m=0.20, dowel_low_m=low_m), shin_deg=2.0, lumbar_deg=0.0)
    jump = np.max(np.linalg.norm(np.diff(seen[:, :3], axis=0), axis=1))
    assert bool(jump > 3.0) is knocked


# -- scenario files ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "bad"), [("side_lean", False), ("twist", False), ("back_to_wall", True)]
)
def test_a_scenario_knows_what_is_only_advice(pattern: str, bad: bool) -> None:
    text = (
        '[[person]]\nid = "a"\ndowel_low_m = 0.2\n'
        f'[[step]]\nwho = "a"\ndo = "set"\nreps = 2\npattern = "{pattern}"\n'
    )
    scenario = parse_scenario(text)
    assert scenario.person[0].dowel_low_m == 0.2
    assert [rep.bad for rep in plan(scenario).truth.reps] == [bad, bad]
