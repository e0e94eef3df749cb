"""Drills that the NEXT key opens or counts, sides, the silent screen, and what a set's end adds."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from device.config import parse
from device.drills import DRILLS
from device.errors import ConfigError
from device.opening import Opening
from device.setup import Setting
from device.tick import Key
from device.workbench.motion_run import MotionOptions, load_motion, play_motion
from drivers.sim.segments import Place
from services.schema import SetBody
from tests.device.perform import Performed, perform
from tests.device.test_rigs import MOTIONS

Keys = list[tuple[float, Key]]
STAND = ("stand", {"for_s": 2.5})
REST = ("stand", {"for_s": 4.0})
GOOD = {"peak_tilt_deg": 47.0, "shin_deg": 3.0, "lumbar_deg": 0.0, "neck_deg": 0.0, "hold_s": 0.2}
SWING = {**GOOD, "peak_tilt_deg": 58.0, "hold_s": 0.0, "pause_s": 0.0}


def sets(done: Performed) -> list[SetBody]:
    return done.result.sets


# -- ballistic --------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[1.2, 1.6, 2.0])
def swings(request: pytest.FixtureRequest) -> Performed:
    """Two sets of eight, swinging through without a pause."""
    half_s = request.param / 2
    swing = ("hinge", {**SWING, "down_s": half_s, "up_s": half_s})
    return perform("swing", [STAND, *[swing] * 8, REST, *[swing] * 8, STAND], keys=[(0.4, "next")],
                   config="[practice]\nreps = 8\nload_kg = 16\n")  # fmt: skip


def test_every_swing_is_counted_in_each_set(swings: Performed) -> None:
    assert [one.reps for one in sets(swings)] == [8, 8]
    assert set(swings.verdicts) == {"GOOD"}


def test_peak_rate_and_drop_of_a_swing_are_those_of_the_body(swings: Performed) -> None:
    for rep, (tilt_deg, _, drop_mm) in zip(swings.reps, swings.truth(), strict=True):
        assert rep.peak_tilt_deg == pytest.approx(tilt_deg, abs=1.5)
        assert rep.hip_drop_mm == pytest.approx(drop_mm, abs=10.0)
        assert rep.peak_rate_dps is not None
        assert rep.peak_rate_dps > 100.0
        assert rep.hip_travel_mm is None
        assert "FAST" not in {fault.code for fault in rep.faults}


def test_the_set_s_end_has_its_rhythm_and_load(swings: Performed) -> None:
    for one in sets(swings):
        assert one.period_cv is not None
        assert one.period_cv < 0.05
        assert one.load_kg == 16.0


def test_an_uneven_rhythm_shows() -> None:
    reps = [("hinge", {**SWING, "down_s": t, "up_s": t}) for t in (0.6, 0.6, 1.0, 1.0, 0.6, 0.6)]
    done = perform("hip_pull", [STAND, *reps, STAND], config="[practice]\nreps = 6\n")
    (one,) = sets(done)
    assert one.reps == 6
    assert one.period_cv is not None
    assert one.period_cv > 0.10


def test_squats_in_a_swing_are_named_at_the_rep_s_end_only() -> None:
    squat = (
        "squat",
        {**SWING, "peak_tilt_deg": 35.0, "shin_deg": 26.0, "down_s": 0.8, "up_s": 0.8},
    )
    done = perform("swing", [STAND, *[squat] * 4, STAND], keys=[(0.4, "next")])
    assert done.verdicts == ["KNEE_DRIVEN"] * 4
    assert {fault.level for rep in done.reps for fault in rep.faults} <= {"rep", "set"}


# -- opened by the key ------------------------------------------------------------------------


def test_a_swing_needs_the_key_and_no_wall() -> None:
    swing = ("hinge", {**SWING, "down_s": 0.8, "up_s": 0.8})
    assert perform("swing", [STAND, swing, swing, STAND]).states == []


def test_a_body_at_the_wall_says_nothing_of_a_swing_elsewhere() -> None:
    away = Place(gap_m=0.4)
    done = perform("swing", [("stand", {"for_s": 6.0})], place=away, keys=[(1.0, "next")])
    assert done.states == ["NEAR", "DOWEL_UP", "SET_UP", "READY"]
    assert {rep.hip_travel_mm for rep in done.reps} <= {None}


# -- counted by the key -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def counted() -> Performed:
    keys: Keys = [(1.0, "next"), *((t, "next") for t in (3.0, 5.0, 7.0)), (9.0, "stop")]
    return perform(
        "log_only", [("stand", {"for_s": 11.0})], keys=keys, config='[imu]\nchip = "none"\n'
    )


def test_each_press_is_a_rep_and_nothing_is_said_of_the_movement(counted: Performed) -> None:
    assert [round(rep.start_s, 1) for rep in counted.reps] == [3.0, 5.0, 7.0]
    for rep in counted.reps:
        assert (rep.verdict, rep.valid, rep.faults) == ("UNSCORED", False, ())
        assert (rep.peak_tilt_deg, rep.hip_travel_mm, rep.hip_drop_mm) == (None, None, None)
    assert counted.states == ["NEAR", "DOWEL_UP", "SET_UP", "READY", "SET", "RESTING"]


def test_a_set_by_hand_is_logged_without_advice(counted: Performed) -> None:
    (one,) = sets(counted)
    assert (one.reps, one.unscored, one.good_share, one.advice) == (3, 3, None, None)
    assert one.ended == "stop"


def test_a_set_by_hand_ends_at_its_count() -> None:
    keys: Keys = [(1.0, "next"), *((2.5 + n, "next") for n in range(3))]
    done = perform(
        "log_only", [("stand", {"for_s": 8.0})], keys=keys, config="[practice]\nreps = 3\n"
    )
    assert sets(done)[0].ended == "count"


# -- sides ------------------------------------------------------------------------------------


def test_the_key_changes_the_side_between_sets() -> None:
    hinge = ("hinge", {**GOOD, "pause_s": 0.6})
    done = perform(
        "split_dowel",
        [STAND, hinge, REST, hinge, REST, hinge, STAND],
        keys=[(8.5, "next"), (16.8, "next")],
        config='[practice]\nreps = 1\nside = "right"\n',
    )
    assert [rep.side for rep in done.reps] == ["right", "left", "right"]
    assert [one.side for one in sets(done)] == ["right", "left", "right"]


def test_drills_on_both_feet_have_no_side() -> None:
    done = perform("dowel", [STAND, ("hinge", GOOD), STAND], keys=[(0.5, "next")])
    assert [rep.side for rep in done.reps] == [None]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('drill = "dowel"\nside = "left"', "practice.side: got 'left', but dowel has no sides"),
        ('drill = "dowel"\nload_kg = 8', "practice.load_kg: got 8, but dowel is done without"),
        ('drill = "swing"\nload_kg = -1', "load_kg: got -1"),
        ('drill = "jumping"', "practice.drill: got 'jumping', expected one of screen"),
    ],
)
def test_what_a_drill_does_not_have_cannot_be_set(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f"[practice]\n{text}\n")
    assert said in str(caught.value)


# -- the screen -------------------------------------------------------------------------------


def screen(steps: Sequence[tuple[str, dict[str, float]]]) -> Performed:
    return perform("screen", [STAND, *steps, STAND])


SQUAT = ("squat", {"peak_tilt_deg": 33.0, "shin_deg": 25.0, "lag": 0.18, "lumbar_deg": 0.0})
ROUND = ("rounding", {"lumbar_deg": 24.0, "peak_tilt_deg": 45.0})


@pytest.mark.parametrize(
    ("steps", "drill"),
    [([SQUAT] * 3, "butt_taps"), ([ROUND] * 3, "dowel"), ([("hinge", GOOD)] * 3, "dowel")],
    ids=["squats", "rounding", "good"],
)
def test_the_screen_is_silent_and_picks_the_drill(
    steps: list[tuple[str, dict[str, float]]], drill: str
) -> None:
    done = screen(steps)
    (one,) = sets(done)
    assert (one.reps, one.ended) == (3, "count")
    assert one.advice is not None
    assert (one.advice.code, one.advice.drill) == ("start", drill)
    assert done.result.cues == []
    # The same tick for a counted rep, good or bad; no light of the bar says more.
    heard = [row for row in done.result.outputs if row.time_s < done.reps[-1].end_s]
    assert {row.tone_hz for row in heard if row.pin == "buzzer"} == {660.0, None}
    assert not [row for row in heard if row.pin in ("status_orange", "vibration")]


# -- the ladder, and advice -------------------------------------------------------------------


def test_the_ladder_records_the_furthest_tap() -> None:
    done = perform("distance_ladder", [STAND, ("hinge", {**GOOD, "peak_tilt_deg": 49.0}), STAND],
                   place=Place(gap_m=0.17), config="[practice]\nreps = 1\n")  # fmt: skip
    (one,) = sets(done)
    assert done.reps[0].tapped
    assert one.advice is not None
    assert one.advice.code == "record"
    assert one.advice.heels_m == pytest.approx(0.18, abs=0.015)


def test_a_good_set_says_what_comes_next() -> None:
    hinge = ("hinge", {**GOOD, "pause_s": 0.3, "down_s": 1.7, "up_s": 1.7})
    done = perform("hands", [STAND, *[hinge] * 10, STAND])
    (one,) = sets(done)
    assert one.good == 10
    assert one.advice is not None
    assert (one.advice.code, one.advice.drill) == ("harder", DRILLS["hands"].harder)


def test_a_motion_opens_a_drill_that_waits_for_the_key() -> None:
    motion = load_motion(MOTIONS / "VUA_s1__stoop1_2D.csv")
    deadlift = parse('[practice]\ndrill = "deadlift"')
    seen = play_motion(deadlift, motion, MotionOptions(), source="deadlift").result
    as_dowel = play_motion(parse(""), motion, MotionOptions(), source="dowel").result
    assert len(seen.reps) == len(as_dowel.reps) > 0
    assert {rep.hip_travel_mm for rep in seen.reps} == {None}


def notes(drill: str, state: str, *, called: bool = False, imu: bool = True) -> str | None:
    opening = Opening(Setting(drill=DRILLS[drill], imu_fitted=imu))
    if called:
        opening.step(0, ("next",), "NEAR", stopped=False, moving=False, dowel_on=False)
    return opening.notes(state, None)  # type: ignore[arg-type]  # states as the cases name them


@pytest.mark.parametrize(
    ("drill", "state", "said"),
    [
        ("swing", "IDLE", "press NEXT to begin"),
        ("butt_taps", "NEAR", "take the dowel, or press NEXT to go without"),
        ("dowel", "NEAR", None),
        ("split_dowel", "READY", "left foot in front"),
        ("split_dowel", "NEAR", None),
    ],
)
def test_the_page_says_what_the_key_is_for(drill: str, state: str, said: str | None) -> None:
    assert notes(drill, state) == said
    if said is not None and "NEXT" in said:
        assert notes(drill, state, called=True) is None
