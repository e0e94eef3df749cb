"""Choosing the ranger that faces the hips."""

from __future__ import annotations

import numpy as np
import pytest

from device.anthropometry import DEFAULT_STATURE_M
from device.rangers import Choice, Rangers
from drivers.samples import TofSample
from drivers.sim.body import Body, standing
from drivers.sim.outline import DowelShape, Outline, look

HEIGHTS = (0.75, 0.88, 1.01)


def seen(range_mm: float, valid: bool = True) -> TofSample:
    return TofSample(0, range_mm, valid, 0 if valid else 2, 3000.0, 50.0, 4.0, 100.0, 1)


@pytest.mark.parametrize(
    ("stature_m", "ranger"), [(1.45, 0), (1.50, 0), (1.70, 1), (1.75, 1), (1.95, 2), (2.0, 2)]
)
def test_a_known_stature_picks_the_beam_just_below_the_hip(stature_m: float, ranger: int) -> None:
    choice = Rangers(HEIGHTS, stature_m).choose()
    assert choice.ranger == ranger
    assert choice.judged
    assert choice.note is None


@pytest.mark.parametrize(
    ("height_m", "judged", "word"),
    [(0.9275 + 0.04, True, ""), (0.9275 + 0.06, False, "above"), (0.9275 - 0.09, True, ""),
     (0.9275 - 0.11, False, "below")],
)  # fmt: skip
def test_a_beam_off_the_hips_is_said_and_travel_is_not_judged(
    height_m: float, judged: bool, word: str
) -> None:
    choice = Rangers((height_m,), 1.75).choose()
    assert choice.judged is judged
    assert word in (choice.note or "")
    assert bool(choice.note) is not judged


def test_an_unknown_stature_takes_the_nearest_return_at_rest() -> None:
    rangers = Rangers(HEIGHTS, None)
    for _ in range(5):
        for number, range_mm in enumerate((620.0, 560.0, 590.0)):
            rangers.add(number, seen(range_mm))
    assert rangers.choose().ranger == 1


def test_a_single_short_range_does_not_win_and_a_miss_forgets() -> None:
    rangers = Rangers(HEIGHTS, None)
    for number, ranges in enumerate(((900.0, 100.0, 900.0), (600.0,) * 3, (500.0,) * 3)):
        for range_mm in ranges:
            rangers.add(number, seen(range_mm))
    assert rangers.choose().ranger == 2
    rangers.add(2, seen(0.0, valid=False))
    assert rangers.choose().ranger == 1


def test_without_any_return_the_lowest_is_kept() -> None:
    assert Rangers(HEIGHTS, None).choose().ranger == 0


def standing_before(
    stature_m: float, girth: float, gap_m: float, heights_m: tuple[float, ...] = HEIGHTS
) -> tuple[Choice, float]:
    """What is chosen for a simulated person at rest, and how high their hips are."""
    body = Body(stature_m, girth)
    points = body.motion(np.arange(3) / 120.0, standing(3)).points
    ahead_m, hip_m = body.rest_hip()
    dowel = DowelShape(behind_m=0.14 + 0.13 * (girth - 1.0))
    outline = Outline(points, np.radians(np.full(3, 3.0)), girth, dowel)
    rangers = Rangers(heights_m, None)
    for number, height_m in enumerate(heights_m):
        range_mm, _ = look(outline, ahead_m - 0.13 * girth - gap_m - 0.055, height_m)
        rangers.add(number, seen(float(range_mm[0])))
    return rangers.choose(), hip_m


@pytest.mark.parametrize("gap_m", [0.3, 0.5])
@pytest.mark.parametrize("girth", [0.85, 1.0, 1.35])
@pytest.mark.parametrize("stature_m", [1.5, 1.6, 1.7, 1.78, 1.85, 2.0])
def test_whoever_comes_is_faced_by_a_beam_that_follows_the_hips(
    stature_m: float, girth: float, gap_m: float
) -> None:
    choice, hip_m = standing_before(stature_m, girth, gap_m)
    assert -0.10 <= HEIGHTS[choice.ranger] - hip_m <= 0.05
    assert choice.stature_m == pytest.approx(stature_m, abs=0.16)
    assert choice.beam_m == pytest.approx(HEIGHTS[choice.ranger] - hip_m, abs=0.08)


def test_statures_are_guessed_better_than_by_the_usual_one() -> None:
    statures = np.arange(1.5, 2.01, 0.05)
    off = [
        standing_before(float(stature), girth, 0.3)[0].stature_m - stature
        for stature in statures
        for girth in (0.85, 1.0, 1.2, 1.35)
    ]
    assert float(np.std(off)) < 0.07
    assert float(np.std(statures)) > 0.15


def test_the_bow_of_three_ranges_has_its_apex_at_the_hips() -> None:
    rangers = Rangers(HEIGHTS, None)
    apex_m = 0.90
    for number, height_m in enumerate(HEIGHTS):
        rangers.add(number, seen(500.0 + 2000.0 * (height_m - apex_m) ** 2))
    choice = rangers.choose()
    assert choice.ranger == 1
    assert choice.stature_m == pytest.approx((apex_m + 0.005) / 0.53, abs=0.002)
    assert choice.beam_m == pytest.approx(0.88 - 0.905, abs=0.002)


def test_of_two_about_as_near_the_lower_is_taken() -> None:
    for lower_mm, taken in ((509.0, 1), (511.0, 2)):
        rangers = Rangers(HEIGHTS, None)
        for number, range_mm in enumerate((560.0, lower_mm, 500.0)):
            rangers.add(number, seen(range_mm))
        assert rangers.choose().ranger == taken


def test_a_hems_upper_edge_is_no_back() -> None:
    for above_mm, taken in ((444.0, 0), (446.0, 1)):
        rangers = Rangers(HEIGHTS, None)
        for number, range_mm in enumerate((400.0, 401.0, above_mm)):
            rangers.add(number, seen(range_mm))
        assert rangers.choose().ranger == taken


def test_one_ranger_stands_a_little_below_the_hips_it_faces() -> None:
    choice = Rangers((0.90,), None).choose()
    assert choice.stature_m == pytest.approx(0.93 / 0.53)
    assert choice.beam_m == pytest.approx(-0.03)
    assert Rangers((0.5,), None).choose().stature_m == 1.5
    assert Rangers((1.3,), None).choose().stature_m == 2.0


def test_an_unknown_height_leaves_the_usual_stature_and_no_beam() -> None:
    choice = Rangers(None, None).choose()
    assert (choice.stature_m, choice.beam_m, choice.judged) == (DEFAULT_STATURE_M, None, True)
    assert Rangers(None, 1.62).choose().stature_m == 1.62
