"""What a beam meets, against geometry worked out by hand and against the hip's true travel."""

from __future__ import annotations

import time

import numpy as np
import pytest

from drivers.sim import outline as outline_module
from drivers.sim.body import Body, Rep
from drivers.sim.motion import Motion
from drivers.sim.outline import BUTTOCK_M, DowelShape, Outline, look
from drivers.sim.player import MotionScene
from drivers.sim.smooth import Array


def person(n: int = 1, hip: tuple[float, float] = (0.0, 0.93)) -> dict[str, Array]:
    """Somebody upright, n times over."""
    spots = {
        "ankle": (0.0, 0.08),
        "knee": (0.0, 0.50),
        "hip": hip,
        "c7": (hip[0], hip[1] + 0.5),
        "head": (hip[0] + 0.02, hip[1] + 0.72),
    }
    return {name: np.tile(np.array(xy), (n, 1)) for name, xy in spots.items()}


def seen(outline: Outline, sensor_fwd_m: float, height_m: float) -> tuple[float, float]:
    range_mm, factor = look(outline, sensor_fwd_m, height_m)
    return float(range_mm[0]), float(factor[0])


def upright(points: dict[str, Array], **more: object) -> Outline:
    n = len(points["hip"])
    return Outline(points, np.zeros(n), **{"dowel": None, **more})  # type: ignore[arg-type]  # test shorthand


def ranges(scene: MotionScene, sensor: int = 0) -> Array:
    times = scene.truth().time_s + scene.offset_s
    got = [scene.reflection(sensor, int(t * 1e9)).range_mm for t in times]
    return np.array([np.nan if r is None else r for r in got])


def error_mm(motion: Motion, beam_m: float, gap_m: float = 0.4) -> tuple[Array, Array]:
    """Range travel less hip travel, and the hip travel, with the beam above the hip."""
    scene = MotionScene(motion, 0, 0, gap_m=gap_m, tof_heights_m=[motion.hip[0, 1] + beam_m])
    range_mm = ranges(scene)
    travel = scene.truth().hip_travel_mm
    return range_mm[0] - range_mm - travel, travel


@pytest.mark.parametrize("away_m", [0.10, 0.3, 0.55, 0.9])
def test_the_range_is_that_of_the_buttock(away_m: float) -> None:
    range_mm, _ = seen(upright(person()), -BUTTOCK_M - away_m, 0.91)
    # The beam's spread over the round body adds a little, never takes away.
    assert away_m * 1000 <= range_mm < away_m * 1000 * 1.05 + 8


def test_nothing_is_seen_of_somebody_far_away_or_beside_the_beam() -> None:
    assert np.isnan(seen(upright(person()), -2.8, 0.91)[0])
    assert not np.isnan(seen(upright(person()), -2.0, 0.91)[0])
    assert np.isnan(seen(upright(person()), -0.6, 2.4)[0])


def test_a_range_never_goes_below_nothing() -> None:
    for into_m in (0.0, 0.05, 0.10, 0.16, 0.40):
        range_mm, _ = seen(upright(person()), -BUTTOCK_M + into_m, 0.91)
        assert 0.0 <= range_mm < 30.0


def test_the_signal_factor_falls_with_slope_and_at_the_edge_of_sight() -> None:
    square = seen(upright(person()), -0.6, 0.91)[1]
    over_the_head = seen(upright(person()), -0.6, 1.85)[1]
    assert 0.7 < square <= 1.0
    assert 0.0 < over_the_head < 0.3 * square


def test_girth_moves_the_skin() -> None:
    thin = seen(upright(person()), -0.7, 0.91)[0]
    stout = seen(upright(person(), girth=1.3), -0.7, 0.91)[0]
    assert thin - stout == pytest.approx(0.3 * BUTTOCK_M * 1000, abs=6)


def test_a_hem_that_hangs_off_the_body_is_what_is_seen() -> None:
    hem = upright(person(), hem_m=np.array([0.06]))
    skin_mm, hem_mm = seen(upright(person()), -0.7, 0.90)[0], seen(hem, -0.7, 0.90)[0]
    # The cloth is flat, the skin round: a little more than the 60 mm between them.
    assert 58 < skin_mm - hem_mm < 80


def cloth_above(edge_deg: float) -> tuple[float, float]:
    """A flat cloth 0.5 m away whose lower edge stands this far above the beam's axis; the
    person is 0.4 m behind it."""
    height_m = 0.93 - 0.30 - 0.5 * float(np.tan(np.radians(edge_deg)))
    hung = upright(person(), hem_m=np.array([0.4]))
    return seen(hung, -BUTTOCK_M - 0.4 - 0.5, height_m)


def test_the_first_target_that_stands_out_is_reported_and_not_a_mean_of_two() -> None:
    for edge_deg in (-6.0, 0.0, 4.0):
        assert cloth_above(edge_deg)[0] == pytest.approx(505, abs=15)
    for edge_deg in (12.0, 13.4):
        assert cloth_above(edge_deg)[0] > 850


def test_the_beam_is_a_bell_half_as_bright_at_8_degrees() -> None:
    shares = [cloth_above(edge_deg)[1] for edge_deg in (-13.5, 0.0, 3.4, 6.75)]
    # One half, and the tails of a normal curve beyond half and one SD, less what the cone cuts.
    assert shares[0] == pytest.approx(1.0, abs=0.03)
    assert shares[1] == pytest.approx(0.50, abs=0.03)
    assert shares[2] == pytest.approx(0.30, abs=0.04)
    assert shares[3] == pytest.approx(0.13, abs=0.03)


def test_a_dowel_that_ends_at_the_sacrum_stays_out_of_the_beam_and_a_long_one_does_not() -> None:
    bent = person()
    th = np.radians(45.0)
    bent["c7"] = bent["hip"] + 0.5 * np.array([[np.sin(th), np.cos(th)]])
    bent["head"] = bent["hip"] + 0.72 * np.array([[np.sin(th), np.cos(th)]])

    def with_dowel(dowel: DowelShape | None) -> float:
        return seen(Outline(bent, np.array([th]), dowel=dowel), -0.6, 0.90)[0]

    bare = with_dowel(None)
    assert with_dowel(DowelShape()) == pytest.approx(bare, abs=6)
    # Half a metre below the hip it swings back into the beam; on the midline it fills more of it.
    long = with_dowel(DowelShape(low_m=-0.5, width_m=0.10, beside_m=0.0))
    assert bare - long > 60
    beside = with_dowel(DowelShape(low_m=-0.5, width_m=0.03, beside_m=0.08))
    assert bare - beside < 0.5 * (bare - long)


@pytest.mark.parametrize("beam_m", [-0.05, -0.03, 0.0])
@pytest.mark.parametrize("stature_m", [1.5, 1.75, 2.0])
def test_in_a_good_hinge_the_range_follows_the_hip(stature_m: float, beam_m: float) -> None:
    motion = Body(stature_m).rep(Rep(peak_tilt_deg=47))
    error, travel = error_mm(motion, beam_m)
    assert travel.max() > 0.095 * stature_m * 1000
    assert np.sqrt(np.mean(error**2)) < 9.0
    assert np.max(np.abs(error)) < 14.0


@pytest.mark.parametrize("gap_m", [0.28, 0.50, 0.88])
def test_the_distance_from_the_wall_hardly_matters(gap_m: float) -> None:
    error, _ = error_mm(Body().rep(Rep()), -0.03, gap_m)
    assert np.max(np.abs(error)) < 15.0


def test_a_beam_far_above_the_hip_loses_travel() -> None:
    error, travel = error_mm(Body().rep(Rep()), 0.10)
    at = int(np.argmax(travel))
    # Planar model: -64 +- 35 mm.
    assert -110 < error[at] < -25


def test_after_a_squat_the_beam_meets_the_back() -> None:
    squat = Rep(pattern="squat", peak_tilt_deg=35, shin_deg=30, lag=0.18)
    motion = Body().rep(squat)
    error, travel = error_mm(motion, -0.03)
    drop_mm = (motion.hip[0, 1] - motion.hip[:, 1].min()) * 1000
    assert drop_mm > 180
    assert error[int(np.argmax(travel))] < -60


def test_the_reading_glides_and_does_not_step() -> None:
    scene = MotionScene(Body().rep(Rep(peak_tilt_deg=55)), 0, 0, tof_heights_m=[0.90])
    step_mm = np.abs(np.diff(ranges(scene)))
    speed_mm = np.abs(np.diff(scene.truth().hip_travel_mm))
    assert np.max(step_mm) < np.max(speed_mm) + 1.0


def test_a_minute_of_motion_is_quick() -> None:
    n = 6000
    points = person(n)
    points["hip"] = points["hip"] - np.linspace(0, 0.2, n)[:, None] * np.array([1.0, 0.0])
    began = time.process_time()
    range_mm, _ = look(Outline(points, np.linspace(0, 0.8, n)), -0.7, 0.9)
    # A quarter of a second here; the bound leaves room for a slow machine.
    assert time.process_time() - began < 2.0
    assert range_mm[0] - range_mm[-1] == pytest.approx(200, abs=25)


def test_long_series_in_pieces_give_the_same_as_one_by_one() -> None:
    n = 2100
    points = person(n)
    points["hip"] = points["hip"] + np.linspace(0, -0.2, n)[:, None] * np.array([1.0, 0.0])
    range_mm, factor = look(Outline(points, np.zeros(n)), -0.7, 0.9)
    for i in (0, 2047, 2048, 2099):
        alone = {name: xy[i : i + 1] for name, xy in points.items()}
        one_mm, one = look(Outline(alone, np.zeros(1)), -0.7, 0.9)
        assert (range_mm[i], factor[i]) == (pytest.approx(one_mm[0]), pytest.approx(one[0]))


@pytest.mark.parametrize("seed", range(6))
def test_what_is_left_out_as_out_of_the_beam_is_not_met(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People near and far, bent either way, in front of the ranger and behind it."""
    rng = np.random.default_rng(seed)
    share = np.linspace(0.0, 1.0, 120)
    hip = np.stack(
        [rng.uniform(-0.3, 1.5) + rng.uniform(-0.5, 0.5) * share, 1.0 - 0.6 * rng.random() * share],
        axis=1,
    )

    def off(length_m: float, most_rad: float) -> Array:
        lean = most_rad * share
        place: Array = hip + length_m * np.stack([np.sin(lean), np.cos(lean)], axis=1)
        return place

    tilt = rng.uniform(-1.0, 2.0)
    points = {"hip": hip, "c7": off(0.5, tilt), "head": off(0.7, 1.1 * tilt)}
    points |= {"knee": off(-0.42, rng.uniform(-1, 1)), "ankle": off(-0.84, rng.uniform(-1, 1))}
    outline = Outline(points, tilt * share, hem_m=np.full(120, 0.05) if seed % 2 else None)
    found = look(outline, 0.0, 0.9)
    monkeypatch.setattr(outline_module, "CLEAR_M", np.inf)
    for quick, whole in zip(found, look(outline, 0.0, 0.9), strict=True):
        assert np.array_equal(quick, whole, equal_nan=True)
