"""SIDE and WALL_OTHER by a simulated body through the chips, beside good reps that are silent."""

from __future__ import annotations

import pytest

from drivers.sim.segments import Place
from services.schema import RepBody
from tests.device.by_chips import EVEN, codes, play


@pytest.fixture(scope="module")
def aside() -> tuple[RepBody, ...]:
    even = dict(EVEN)
    return play(
        [
            ("hinge", even),
            ("hinge", {**even, "side_deg": 12.0}),
            ("hinge", {**even, "twist_deg": 14.0}),
            ("hinge", {**even, "side_deg": 4.0}),
            ("hinge", {**even, "twist_deg": -6.0}),
            ("side_lean", {}),
            ("twist", {}),
        ]
    )


def test_leaning_and_turning_aside_are_told_and_leave_the_name(aside: tuple[RepBody, ...]) -> None:
    assert ["SIDE" in codes(rep) for rep in aside] == [
        False, True, True, False, False, True, True,
    ]  # fmt: skip
    assert {rep.verdict for rep in aside} == {"GOOD"}


def test_the_ranges_are_those_of_the_body(aside: tuple[RepBody, ...]) -> None:
    straight, leant, turned, *_ = aside
    for value in (straight.side_lean_deg, straight.twist_deg):
        assert value == pytest.approx(0.0, abs=0.5)
    # The left axis of a trunk that is tilted by 50 deg leaves the level by less than the lean.
    assert leant.side_lean_deg == pytest.approx(7.7, abs=0.5)
    assert turned.twist_deg == pytest.approx(14.0, abs=0.7)
    assert turned.side_lean_deg == pytest.approx(0.0, abs=0.5)
    for rep in aside:
        assert rep.hip_drop_mm == pytest.approx(straight.hip_drop_mm, abs=25.0)


def at_the_wall(gap_m: float, low_m: float = 0.0, upper: bool = False) -> Place:
    heights = (0.90, 1.30) if upper else None
    return Place(gap_m=gap_m, dowel_low_m=low_m, tof_heights_m=heights)


def taps(place: Place, steps: list[str], drill: str = "butt_taps") -> list[RepBody]:
    even = dict(EVEN)
    done = [("hinge", even) if step == "hinge" else (step, {}) for step in steps]
    return list(play(done, drill=drill, place=place))


@pytest.mark.parametrize("upper", [False, True])
def test_a_tap_with_the_hips_alone_is_silent(upper: bool) -> None:
    reps = taps(at_the_wall(0.18, upper=upper), ["hinge", "hinge"])
    assert [codes(rep) for rep in reps] == [set(), set()]
    for rep in reps:
        assert (rep.tapped, rep.knocks, rep.verdict) == (True, 0, "GOOD")
        assert rep.tap_tilt_deg == pytest.approx(43.0, abs=4.0)
        assert (rep.upper_gap_mm is None) is not upper
        assert rep.upper_gap_mm is None or rep.upper_gap_mm > 100.0


def test_a_dowel_that_hangs_too_low_knocks_on_the_wall_first() -> None:
    reps = taps(at_the_wall(0.18, low_m=0.20), ["hinge", "hinge"])
    for rep in reps:
        assert codes(rep) == {"WALL_OTHER"}
        assert (rep.tapped, rep.verdict) == (True, "GOOD")
        assert rep.knocks is not None
        assert rep.knocks >= 1


def test_a_knock_is_no_fault_where_nobody_is_to_touch_the_wall() -> None:
    (rep,) = taps(at_the_wall(0.18, low_m=0.20), ["hinge"], drill="dowel")
    assert rep.knocks == 1
    assert "WALL_OTHER" not in codes(rep)


def test_a_back_that_reaches_the_wall_is_seen_by_the_upper_ranger() -> None:
    back, *_ = taps(at_the_wall(0.10, upper=True), ["back_to_wall"])
    assert "WALL_OTHER" in codes(back)
    assert back.verdict != "GOOD"
    assert back.upper_gap_mm is not None
    assert back.upper_gap_mm < 30.0
