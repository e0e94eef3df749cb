"""What else happens at a wall, felt by the chips."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.sim.body import Body
from drivers.sim.dowel import GRAVITY
from drivers.sim.segments import AWAY_M, Place, Segment, SegmentMaker
from drivers.sim.smooth import Array
from drivers.sim.wall_life import HAND_N, PIECES, SUN_KCPS, Ask, DowelAt, WallLife

GAP_M, RECESS_MM = 0.40, 55.0
HEIGHTS_M = (0.85, 1.0)


def made(
    step: str,
    for_s: float = 10.0,
    dowel: DowelAt = "hung",
    seed: int = 1,
    distance_m: float | None = None,
    pad: str = "sacrum",
    sway_mm: float = 0.0,
) -> Segment:
    at = Place(gap_m=GAP_M, tof_heights_m=HEIGHTS_M, sway_mm=sway_mm)
    life = WallLife(SegmentMaker(Body(1.7), at, seed=3))
    return life.make(Ask(step, 0.0, for_s, dowel, distance_m, pad, seed))


def times(segment: Segment, step_s: float = 0.01) -> Array:
    every: Array = np.arange(0.0, segment.duration_s, step_s)
    return every


def imu(segment: Segment) -> Array:
    return np.array([segment.track.imu_at(float(t)) for t in times(segment)])


def pads(segment: Segment) -> Array:
    return np.array([segment.track.pads_at(float(t)) for t in times(segment)])


def ranges(segment: Segment, sensor: int = 0) -> Array:
    seen = [segment.track.reflection_at(sensor, float(t)).range_mm for t in times(segment)]
    return np.array([np.nan if mm is None else mm for mm in seen])


def test_at_the_wall_the_range_is_the_gap_and_the_recess() -> None:
    mm = ranges(made("loiter"))
    assert np.abs(mm - (1000 * GAP_M + RECESS_MM)).max() < 60.0
    assert np.ptp(mm) < 1.0
    assert np.ptp(ranges(made("loiter", sway_mm=10.0))) > 5.0


@pytest.mark.parametrize("dowel", ["hung", "floor"])
def test_an_empty_wall_gives_nothing_however_long(dowel: DowelAt) -> None:
    empty = made("nobody", for_s=3600.0, dowel=dowel)
    assert empty.duration_s == 3600.0
    for t_s in (0.0, 1.0, 3599.0):
        assert empty.track.reflection_at(1, t_s).range_mm is None
        assert empty.track.pads_at(t_s) == (0.0, 0.0, 0.0)
        felt = empty.track.imu_at(t_s)
        assert (felt.ax if dowel == "hung" else felt.az) == pytest.approx(GRAVITY, abs=1e-4)
        assert max(map(abs, felt[3:])) == 0.0


@pytest.mark.parametrize("distance_m", [0.3, 0.8, 1.5])
def test_a_passer_by_is_in_the_beam_for_a_second_at_that_distance(distance_m: float) -> None:
    mm = ranges(made("pass_by", 4.0, distance_m=distance_m))
    there = ~np.isnan(mm)
    assert 0.8 < 0.01 * there.sum() < 1.4
    assert np.flatnonzero(there)[0] * 0.01 == pytest.approx(1.4, abs=0.25)
    assert np.nanmedian(mm) == pytest.approx(1000 * distance_m + RECESS_MM, abs=110)
    assert np.ptp(mm[there]) > 20.0


@pytest.mark.parametrize("dowel", ["hung", "back"])
def test_a_covered_sensor_sees_a_hand_and_then_the_person_again(dowel: DowelAt) -> None:
    mm = ranges(made("cover_sensor", 8.0, dowel, distance_m=0.03), 1)
    assert mm[50:-50].max() < 35.0
    assert mm[50:-50].min() > 25.0
    assert mm[0] > 300.0
    assert mm[-1] > 300.0


def test_drawn_covers_are_at_one_to_five_centimetres() -> None:
    near = [ranges(made("cover_sensor", 4.0, seed=seed))[200] for seed in range(12)]
    assert min(near) > 7.0
    assert max(near) < 53.0
    assert np.ptp(near) > 10.0


def test_a_bag_hangs_still_where_it_is_and_nobody_behind_it() -> None:
    mm = ranges(made("bag", 20.0, distance_m=0.5))
    assert np.isnan(mm[0])
    assert np.isnan(mm[-1])
    assert np.abs(mm[100:-100] - (500.0 + RECESS_MM)).max() < 20.0
    assert np.ptp(mm[1500:-100]) < 3.0


def test_sunlight_is_ambient_light_only() -> None:
    sunny, plain = made("sunlight", dowel="back"), made("loiter", dowel="back")
    assert sunny.track.reflection_at(0, 1.0).ambient_kcps == SUN_KCPS
    assert plain.track.reflection_at(0, 1.0).ambient_kcps == 50.0
    assert np.array_equal(ranges(sunny), ranges(plain))


def test_leaning_on_the_wall_is_close_and_still_and_comes_back() -> None:
    mm = ranges(made("lean", 15.0))
    assert np.nanmax(mm[300:-300]) < RECESS_MM + 60.0
    assert np.ptp(mm[300:-300]) < 2.0
    assert mm[0] == pytest.approx(mm[-1], abs=2.0)
    assert mm[0] > 380.0


def test_leaning_aside_with_the_dowel_rolls_it_and_keeps_the_pads() -> None:
    leaning = made("lean", 12.0, "back")
    felt = imu(leaning)[600]
    assert abs(np.degrees(np.arctan2(felt[1], felt[0]))) == pytest.approx(14.0, abs=0.5)
    assert pads(leaning).min() > 5.0


def test_cleaning_shakes_the_dowel_presses_pads_one_by_one_and_moves_the_range() -> None:
    cleaning = made("clean", 30.0)
    force = pads(cleaning)
    assert ((force > 0).sum(axis=1) <= 1).all()
    assert ((force > 0).sum(axis=0) > 20).all()
    felt = imu(cleaning)
    assert np.degrees(np.abs(felt[:, 3:])).max() > 20.0
    assert np.std(felt[:, 2]) > 0.3
    mm = ranges(cleaning)
    assert np.ptp(mm[~np.isnan(mm)]) > 250.0
    assert np.nanmin(mm) < 95.0
    with pytest.raises(ValueError, match="cleaning with the dowel on the back"):
        made("clean", dowel="back")


def test_a_loosely_held_dowel_flickers_trembles_and_tilts_while_the_hips_stay() -> None:
    loose = made("hold_loosely", 12.0)
    force = pads(loose)[100:-100]
    changes = np.abs(np.diff((force > 0).astype(int), axis=0)).sum(axis=0)
    assert (changes > 40).all()  # 3 to 12 a second over 10 s
    assert ((force > 0).any(axis=0) & (force == 0).any(axis=0)).all()
    rate = imu(loose)[:, 4]
    power = np.abs(np.fft.rfft(rate - rate.mean())) ** 2
    f_hz = np.fft.rfftfreq(len(rate), 0.01)
    band = (f_hz > 3.5) & (f_hz < 8.5)
    assert power[band].sum() > 0.9 * power[f_hz > 2.0].sum()
    tilt = np.degrees(np.arctan2(-imu(loose)[:, 2], imu(loose)[:, 0]))
    assert 4.0 < np.ptp(np.convolve(tilt, np.ones(50) / 50, "valid")) < 30.0
    assert np.ptp(loose.truth.hip_travel_mm) < 1e-6


@pytest.mark.parametrize(("pad", "column"), [("head", 0), ("thoracic", 1), ("sacrum", 2)])
def test_a_hand_presses_one_pad_of_the_hanging_dowel(pad: str, column: int) -> None:
    force = pads(made("hand_on_pad", pad=pad))
    assert (force[50:-50, column] == HAND_N).all()
    assert np.delete(force, column, axis=1).max() == 0.0
    assert force[0].max() == 0.0


@pytest.mark.parametrize("dowel", ["hung", "back"])
def test_a_dropped_dowel_falls_strikes_and_lies(dowel: DowelAt) -> None:
    dropped = made("drop_dowel", 4.0, dowel)
    felt, force = imu(dropped), pads(dropped)
    assert force[30].min() == (0.0 if dowel == "hung" else 6.0)
    assert force[45:].max() == 0.0
    size = np.hypot(felt[:, 0], felt[:, 2])
    assert size[40:95].max() > 1.5 * GRAVITY
    assert size[40:95].min() < 0.8 * GRAVITY
    assert felt[-1, 2] == pytest.approx(GRAVITY, abs=0.01)
    assert felt[-1, 0] == pytest.approx(0.0, abs=0.01)


def test_from_the_floor_it_is_lifted_upright_and_the_hips_go_back_for_it() -> None:
    lifted = made("pick_up", 6.0, "floor")
    felt, force = imu(lifted), pads(lifted)
    assert felt[5, 2] == pytest.approx(GRAVITY, abs=0.05)
    assert felt[-5, 0] == pytest.approx(GRAVITY, abs=0.05)
    assert force[:350].max() == 0.0
    assert (force[-1] == 6.0).all()
    assert lifted.truth.hip_travel_mm.max() > 100.0


def test_upside_down_gravity_points_the_other_way_and_two_bends_are_done() -> None:
    held = made("upside_down", 20.0)
    felt = imu(held)
    assert felt[500, 0] == pytest.approx(-GRAVITY, abs=0.1)
    assert felt[0, 0] == pytest.approx(GRAVITY, abs=0.01)
    assert felt[-1, 0] == pytest.approx(GRAVITY, abs=0.01)
    assert (pads(held)[500] > 5.0).all()
    tilt = held.truth.tilt_deg
    assert np.count_nonzero((tilt[1:] > 30.0) & (tilt[:-1] <= 30.0)) == 2
    assert made("upside_down", 8.0).truth.tilt_deg.max() < 1.0


def test_turned_about_its_length_it_bends_about_the_other_axis_and_no_pad_closes() -> None:
    held = made("turned", 20.0)
    felt = imu(held)
    bending = felt[550:720, 3:]
    assert np.abs(bending[:, 2]).max() > 0.4
    assert np.abs(bending[:, 1]).max() < 0.02
    assert pads(held).max() == 0.0
    # Turning by a quarter is felt as just that.
    assert np.degrees(np.trapezoid(felt[:400, 3], dx=0.01)) == pytest.approx(90.0, abs=0.5)


def test_walking_away_and_up_with_the_dowel_on_the_floor() -> None:
    gone, come = made("leave", 4.0, "floor"), made("approach", 4.0, "floor")
    assert gone.truth.hip_travel_mm[-1] == pytest.approx(-1000 * AWAY_M, abs=1.0)
    assert np.isnan(ranges(gone)[-1])
    assert np.isnan(ranges(come)[0])
    assert ranges(come)[-1] == pytest.approx(1000 * GAP_M + RECESS_MM, abs=60.0)
    assert imu(come)[:, 2].min() == pytest.approx(GRAVITY, abs=0.01)


@pytest.mark.parametrize("step", PIECES)
def test_every_piece_says_what_is_done(step: str) -> None:
    piece = made(step, 6.0)
    assert piece.says.endswith(".")
    assert piece.duration_s == pytest.approx(6.0)


def test_an_unknown_piece_is_named() -> None:
    with pytest.raises(ValueError, match="step 'dance', expected one of loiter, lean"):
        made("dance")
