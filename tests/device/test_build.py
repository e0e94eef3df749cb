"""Deep and slim bodies through the real drivers: the same movement, the same verdict."""

from __future__ import annotations

import pytest

from drivers.sim.body import Body
from tests.device.perform import perform

STAND = [("approach", {}), ("pick_up", {}), ("stand", {"for_s": 2.0})]
GIRTHS = (0.85, 1.0, 1.35)


@pytest.mark.parametrize("girth", GIRTHS)
def test_a_hinge_is_good_and_its_drop_known_whatever_the_girth(girth: float) -> None:
    steps = [*STAND, *[("hinge", {"peak_tilt_deg": 47.0})] * 3]
    done = perform("dowel", steps, body=Body(1.75, girth))
    assert done.verdicts == ["GOOD"] * 3
    for rep, (_, _, drop_mm) in zip(done.reps, done.truth(), strict=True):
        # An assumed usual body would be 20 mm off at a girth of 1.35.
        assert rep.hip_drop_mm == pytest.approx(drop_mm, abs=14.0)
        assert rep.shin_angle_deg == pytest.approx(2.0, abs=5.0)


@pytest.mark.parametrize("girth", GIRTHS)
def test_knees_first_is_named_whatever_the_girth(girth: float) -> None:
    steps = [*STAND, *[("knees_first", {"peak_tilt_deg": 43.0, "shin_deg": 13.0})] * 3]
    assert perform("dowel", steps, body=Body(1.75, girth)).verdicts == ["KNEES_FIRST"] * 3


@pytest.mark.parametrize("girth", [0.85, 1.2])
def test_a_habit_from_rep_one_is_still_named_in_set_three(girth: float) -> None:
    one_set = [*[("knees_first", {"peak_tilt_deg": 43.0, "shin_deg": 14.0})] * 5, ("rest", {})]
    done = perform("dowel", [*STAND, *one_set * 3], body=Body(1.70, girth), config="[station]\n")
    assert len(done.verdicts) == 15
    assert set(done.verdicts) <= {"KNEES_FIRST", "KNEE_DRIVEN"}


def test_a_slim_body_is_not_told_of_a_squat_it_does_not_do() -> None:
    steps = [*STAND, *[("hinge", {"peak_tilt_deg": 52.0, "shin_deg": 6.0})] * 8]
    done = perform("dowel", steps, body=Body(1.85, 0.85))
    assert len(done.reps) == 8
    told = [cue.time_s for cue in done.result.cues if cue.code == "KNEE_DRIVEN"]
    # The first three reps tell the body; from then on it is reckoned with.
    assert [t for t in told if t > done.reps[3].start_s] == []
