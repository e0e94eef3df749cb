"""Where to stand: against the table of the planar model."""

from __future__ import annotations

import pytest

from device.wall import (
    NEAREST_M,
    REST_DEG,
    SEED_DISTANCES,
    Tap,
    distances,
    heels_for_tap_m,
    next_distance_m,
    reach_of,
    stand_off_m,
    tap_tilt_at_deg,
    tap_tilt_deg,
)


@pytest.mark.parametrize(
    ("stature_m", "tilt_deg", "cm"),
    [
        (1.50, 30, 13),
        (1.50, 45, 18),
        (1.60, 45, 19),
        (1.70, 50, 21),
        (1.80, 45, 20),
        (1.90, 60, 25),
    ],
)
def test_heels_stand_where_the_planar_model_says(stature_m: float, tilt_deg: int, cm: int) -> None:
    assert 100 * heels_for_tap_m(stature_m, tilt_deg, 3.6) == pytest.approx(cm, abs=1.5)


def test_a_foot_from_the_wall_takes_more_tilt_than_the_drill_asks() -> None:
    foot = next(d for d in SEED_DISTANCES if d.name == "one foot")
    gap_m = foot.heels_m - heels_for_tap_m(1.75, 0.0)
    tilt = tap_tilt_deg(1.75, gap_m)
    assert tilt is None or tilt > 60.0


def test_two_or_three_feet_cannot_be_touched() -> None:
    far = [d for d in SEED_DISTANCES if not d.tap]
    assert len(far) == 2
    for distance in far:
        assert tap_tilt_deg(2.0, distance.heels_m - heels_for_tap_m(2.0, 0.0)) is None


def test_tap_tilt_is_the_inverse_of_the_distance() -> None:
    gap_m = heels_for_tap_m(1.75, 45.0) - heels_for_tap_m(1.75, 0.0)
    assert tap_tilt_deg(1.75, gap_m) == pytest.approx(45.0, abs=0.01)


@pytest.mark.parametrize(
    ("taps", "change_m"),
    [
        ((False, False, False), -0.05),
        ((True, False, False), 0.0),
        ((True,) * 10, 0.03),
        ((True,) * 9, 0.0),
        ((True,) * 9 + (False,), 0.0),
        ((True,) * 10 + (False, False, False), -0.05),
    ],
)
def test_the_ladder_moves_after_three_misses_or_ten_taps(
    taps: tuple[bool, ...], change_m: float
) -> None:
    assert next_distance_m(0.20, taps) == pytest.approx(0.20 + change_m)


def test_three_misses_never_send_anybody_into_the_wall() -> None:
    assert next_distance_m(0.12, (False,) * 3) == pytest.approx(NEAREST_M)
    assert next_distance_m(0.08, (False,) * 3) == pytest.approx(0.08)


def test_seen_taps_correct_the_personal_distance() -> None:
    gap_m = 0.9 * (heels_for_tap_m(1.7, 48.0, REST_DEG) - stand_off_m(1.7))
    reach = reach_of(1.7, [Tap(gap_m, 48.0)] * 3)
    assert reach == pytest.approx(0.9)
    formula_m, own_m = heels_for_tap_m(1.7, 45.0, REST_DEG), distances(1.7, reach)[1].heels_m
    assert own_m == pytest.approx(formula_m - 0.1 * (formula_m - stand_off_m(1.7)), abs=1e-3)


def test_one_odd_tap_and_shallow_ones_do_not_move_the_reach() -> None:
    gap_m = heels_for_tap_m(1.7, 48.0, REST_DEG) - stand_off_m(1.7)
    right = Tap(gap_m, 48.0)
    assert reach_of(1.7, [right, right, Tap(3 * gap_m, 48.0)]) == pytest.approx(1.0)
    assert reach_of(1.7, [Tap(gap_m, 10.0)]) == 1.0
    assert reach_of(1.7, [Tap(9 * gap_m, 48.0)]) == 1.5


def test_the_seeds_distances_are_corrected_by_the_same_taps() -> None:
    foot = SEED_DISTANCES[0]
    assert tap_tilt_at_deg(foot, 1.75) is None
    heels = tap_tilt_at_deg(foot, 1.75, on_heels=True)
    assert heels is not None
    assert 60.0 < heels < 75.0
    longer = tap_tilt_at_deg(foot, 1.75, 1.2)
    assert longer is not None
    assert longer < 75.0


@pytest.mark.parametrize("stature_m", [1.5, 1.75, 2.0])
def test_the_rule_of_thumb_holds(stature_m: float) -> None:
    (full,) = [place for place in distances(stature_m) if place.name == "full tap"]
    assert full.heels_m == pytest.approx(0.07 * stature_m + 0.07, abs=0.015)
