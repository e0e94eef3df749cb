"""Choosing the ranger that faces the hips."""

from __future__ import annotations

import pytest

from device.rangers import Rangers
from drivers.samples import TofSample

HEIGHTS = (0.75, 0.88, 1.01)


def seen(range_mm: float, valid: bool = True) -> TofSample:
    return TofSample(0, range_mm, valid, 0 if valid else 2, 3000.0, 50.0, 4.0, 100.0, 1)


@pytest.mark.parametrize(
    ("stature_m", "ranger"), [(1.45, 0), (1.50, 0), (1.70, 1), (1.75, 1), (1.95, 2), (2.0, 2)]
)
def test_a_known_stature_picks_the_beam_just_below_the_hip(stature_m: float, ranger: int) -> None:
    choice = Rangers(HEIGHTS).choose(stature_m)
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
    choice = Rangers((height_m,)).choose(1.75)
    assert choice.judged is judged
    assert word in (choice.note or "")
    assert bool(choice.note) is not judged


def test_an_unknown_stature_takes_the_nearest_return_at_rest() -> None:
    rangers = Rangers(HEIGHTS)
    for _ in range(5):
        for number, range_mm in enumerate((620.0, 560.0, 590.0)):
            rangers.add(number, seen(range_mm))
    assert rangers.choose(None).ranger == 1


def test_a_single_short_range_does_not_win_and_a_miss_forgets() -> None:
    rangers = Rangers(HEIGHTS)
    for number, ranges in enumerate(((900.0, 100.0, 900.0), (600.0,) * 3, (500.0,) * 3)):
        for range_mm in ranges:
            rangers.add(number, seen(range_mm))
    assert rangers.choose(None).ranger == 2
    rangers.add(2, seen(0.0, valid=False))
    assert rangers.choose(None).ranger == 1


def test_without_any_return_the_lowest_is_kept() -> None:
    assert Rangers(HEIGHTS).choose(None).ranger == 0
