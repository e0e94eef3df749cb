"""Points: each part from full to nothing, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.drills import DRILLS
from device.limits import LOG
from device.rep_score import score_of
from device.verdict import find
from services.schema import ScoreParts
from tests.device.made import GOOD, SQUAT, lost, view

LEAST = (120.0, 80.0, 80.0)


def parts(**changes: Any) -> ScoreParts:
    return score_of(view(**changes), LEAST)[1]


def test_a_good_rep_has_all_points_and_an_unscored_one_none() -> None:
    assert score_of(view(), LEAST) == (100.0, ScoreParts(40.0, 25.0, 25.0, 10.0))
    assert score_of(view(valid=False), LEAST) == (None, ScoreParts())


@pytest.mark.parametrize(
    ("part", "changes", "points"),
    [
        ("hips", {"hinge_ratio": 0.82}, 25.0),
        ("hips", {"hinge_ratio": 0.62}, 12.5),
        ("hips", {"hinge_ratio": 0.40}, 0.0),
        ("hips", {"hinge_ratio": 0.10}, 0.0),
        ("hips", {"hinge_ratio": 1.25}, 25.0),
        ("hips", {"hinge_ratio": 1.45}, 12.5),
        ("hips", {"hinge_ratio": None}, None),
        ("knees", {"shin_angle_deg": 9.0}, 25.0),
        ("knees", {"shin_angle_deg": -9.0}, 25.0),
        ("knees", {"shin_angle_deg": 16.5}, 12.5),
        ("knees", {"shin_angle_deg": -24.0}, 0.0),
        ("knees", {"excess_drop_mm": 0.008 * 1700}, 25.0),
        ("knees", {"excess_drop_mm": 0.023 * 1700}, 12.5),
        ("knees", {"excess_drop_mm": 0.038 * 1700}, 0.0),
        ("knees", {"excess_drop_mm": 0.008 * 1700 - 8.0, "lead_mm": 1.0}, 25.0),
        ("knees", {"excess_drop_mm": 0.023 * 1700 - 8.0, "lead_mm": 1.0}, 12.5),
        ("depth_tempo", {"peak_tilt_deg": 40.0}, 10.0),
        ("depth_tempo", {"peak_tilt_deg": 32.5}, 7.5),
        ("depth_tempo", {"peak_tilt_deg": 58.0}, 10.0),
        ("depth_tempo", {"peak_tilt_deg": 73.0}, 5.0),
        ("depth_tempo", {"peak_rate_dps": 75.0}, 7.5),
        ("depth_tempo", {"peak_rate_dps": 120.0, "peak_tilt_deg": 10.0}, 0.0),
    ],
)
def test_a_part_falls_evenly_from_its_limit(
    part: str, changes: dict[str, Any], points: float | None
) -> None:
    assert getattr(parts(**changes), part) == points


def test_a_loss_in_the_bottom_third_weighs_twice() -> None:
    # Of the made rep's 4 s the bottom third lasts 1.6 s: 5.6 s by weight.
    above, below = lost(2, 560.0, 200.0), lost(2, 560.0, 1_500.0)
    assert parts(losses=(above,)).contacts == 36.0
    assert parts(losses=(below,)).contacts == 32.0
    assert parts(losses=(lost(2, 79.0),)).contacts == 40.0
    both = (below, lost(1, 560.0, 1_500.0))
    assert parts(losses=both).contacts == 32.0


def test_parts_that_are_not_seen_or_asked_for_are_left_out_and_the_rest_is_scaled() -> None:
    no_pads = replace(view(hinge_ratio=0.62), judged=(False, False, False))
    assert score_of(no_pads, LEAST) == (79.2, ScoreParts(None, 12.5, 25.0, 10.0))
    swing = replace(view(hinge_ratio=None), drill=DRILLS["hinge_squat"])
    assert score_of(swing, LEAST) == (None, ScoreParts())
    taps = replace(view(), drill=DRILLS["butt_taps"])
    assert score_of(taps, LEAST) == (100.0, ScoreParts(None, 25.0, 25.0, None))


def test_a_squat_that_leaves_the_beam_keeps_no_points_for_its_knees() -> None:
    gone: dict[str, Any] = {"shin_angle_deg": None, "hinge_ratio": None, "hip_travel_mm": None}
    total, found = score_of(view(SQUAT, **gone), LEAST)
    assert found.knees == 0.0
    assert found.hips is None
    assert total is not None
    assert total < 67.0
    assert score_of(view(GOOD, **gone), LEAST)[1].knees == 25.0


def test_a_guessed_stature_widens_the_band_of_the_hips() -> None:
    ratio = LOG.ratio_unknown_stature
    assert ratio < LOG.ratio
    assert score_of(view(hinge_ratio=ratio, stature_known=False), LEAST)[1].hips == 25.0
    assert score_of(view(hinge_ratio=ratio), LEAST)[1].hips == pytest.approx(
        25.0 * (1.0 - (LOG.ratio - ratio) / 0.40), abs=0.05
    )


@given(st.floats(-1, 3), st.floats(-60, 90), st.floats(0, 120), st.floats(0, 300))
def test_points_stay_between_nothing_and_a_hundred(
    ratio: float, shin: float, peak: float, rate: float
) -> None:
    total, found = score_of(
        view(hinge_ratio=ratio, shin_angle_deg=shin, peak_tilt_deg=peak, peak_rate_dps=rate), LEAST
    )
    assert total is not None
    assert 0.0 <= total <= 100.0
    known = [found.contacts, found.hips, found.knees, found.depth_tempo]
    assert sum(points or 0.0 for points in known) == pytest.approx(total, abs=0.2)


def test_a_rep_named_for_its_knees_never_has_all_their_points() -> None:
    for excess_mm in (13.9, 15.0, 20.0, 60.0):
        one = view(excess_drop_mm=excess_mm)
        assert any(found.fault.code == "KNEES_FIRST" for found in find(one))
        knees = score_of(one, LEAST)[1].knees
        assert knees is not None
        assert knees < 25.0
