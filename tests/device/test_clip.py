"""The IMU clipped over the sacrum: other place, other arms, no dowel, no pads."""

from __future__ import annotations

import pytest

from device.config import parse
from device.drills import DRILLS
from device.errors import ConfigError
from device.setting import setting_of
from device.workbench.motion_run import MotionOptions, load_motion, play_motion
from drivers.sim.body import Body
from tests.device.perform import perform
from tests.device.test_rigs import MOTIONS

STAND = ("stand", {"for_s": 2.5})
RIGID = {"lumbar_deg": 0.0, "hold_s": 0.3}


def test_the_place_of_the_imu_is_the_drill_s() -> None:
    text = (
        '[imu]\ns_m = 0.2\nb_m = 0.1\n[imu.clip]\ns_m = 0.05\nb_m = 0.11\nmounting = "y up, z wall"'
    )
    dowel = setting_of(parse(text), 208.0)
    hands = setting_of(parse(text + '\n[practice]\ndrill = "hands"'), 208.0)
    assert (dowel.s_mm, dowel.b_mm) == (200.0, 100.0)
    assert (hands.s_mm, hands.b_mm) == (50.0, 110.0)
    assert dowel.mounting[0] == (1.0, 0.0, 0.0)
    assert hands.mounting[0] == (0.0, 1.0, 0.0)


def test_a_mounting_that_is_none_is_said_with_its_key() -> None:
    with pytest.raises(ConfigError, match=r"imu\.clip\.mounting: 'sideways' names no two axes"):
        parse('[imu.clip]\nmounting = "sideways"')


@pytest.mark.parametrize("stature_m", [1.55, 1.9])
def test_tilt_travel_and_drop_are_right_with_the_clip(stature_m: float) -> None:
    hinge = {"peak_tilt_deg": 48.0, "shin_deg": 4.0, **RIGID}
    done = perform(
        "hands",
        [
            STAND,
            ("hinge", hinge),
            ("squat", {"peak_tilt_deg": 30.0, **RIGID}),
            ("hinge", hinge),
            STAND,
        ],
        body=Body(stature_m),
    )
    assert done.verdicts == ["GOOD", "KNEE_DRIVEN", "GOOD"]
    for rep, (tilt_deg, travel_mm, drop_mm) in zip(done.reps, done.truth(), strict=True):
        assert rep.peak_tilt_deg == pytest.approx(tilt_deg, abs=1.0)
        assert rep.hip_drop_mm == pytest.approx(drop_mm, abs=12.0)
        assert rep.contacts == "not_judged"
        if rep.verdict == "GOOD":
            assert rep.hip_travel_mm == pytest.approx(travel_mm, abs=8.0)
    assert ("KNEE_DRIVEN") in [cue.code for cue in done.result.cues]


def test_the_arms_of_the_dowel_would_be_wrong_for_the_clip() -> None:
    """20 mm of arm are 20 mm * sin(tilt) of drop: the geometry matters."""
    steps = [STAND, ("hinge", {"peak_tilt_deg": 60.0, "shin_deg": 2.0, **RIGID}), STAND]
    right = perform("hands", steps)
    wrong = perform("hands", steps, config="[imu.clip]\nb_m = 0.20\n")
    error_mm = abs((wrong.reps[0].hip_drop_mm or 0) - (right.reps[0].hip_drop_mm or 0))
    assert error_mm > 40.0


def test_without_a_dowel_no_pad_is_waited_for_and_no_lamp_speaks_of_one() -> None:
    done = perform("unassisted", [STAND, ("hinge", {**RIGID}), STAND])
    assert done.states == ["NEAR", "DOWEL_UP", "SET_UP", "READY", "SET"]
    assert not [row for row in done.result.outputs if row.pin.endswith(("_lost", "_ok"))]


def test_a_real_motion_is_judged_with_the_clip_too() -> None:
    motion = load_motion(MOTIONS / "VUA_s1__stoop1_2D.csv")
    banded = parse('[practice]\ndrill = "good_morning"')
    clip = play_motion(banded, motion, MotionOptions(), source="clip")
    dowel = play_motion(parse(""), motion, MotionOptions(), source="dowel")
    assert len(clip.result.reps) == len(dowel.result.reps) > 0


def test_every_drill_says_where_the_imu_rides() -> None:
    for drill in DRILLS.values():
        assert (drill.imu == "none") is (not drill.sensors)
        assert drill.imu == "dowel" or not drill.needs_pads
