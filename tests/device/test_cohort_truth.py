"""The truth of a rep on movements whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from device.workbench.cohort_run import AdviceLimits, accepted, is_false
from device.workbench.cohort_truth import RepTruth, Series, openings, rep_truth, series_of
from drivers.sim.body import Body, Rep
from drivers.sim.player import GRID_HZ, MotionScene

LIMITS = AdviceLimits(37.0, 58.0)


def made(n: int = 961) -> Series:
    """Two seconds: a half sine of 40 deg, 120 mm back and 50 mm down from t = 0 on."""
    time_s = np.arange(n) / GRID_HZ
    wave = np.sin(np.pi * time_s / time_s[-1])
    force = np.full((n, 3), 5.0)
    return Series(
        time_s, 1.0 + 40 * wave, 7 + 120 * wave, -3 + 50 * wave, 3 * wave, 20 * wave, force
    )


def test_a_half_sine_by_hand() -> None:
    truth = rep_truth(made(), 0.0, 2.0, 1.75)
    assert truth.bottom_s == pytest.approx(1.0, abs=1 / GRID_HZ)
    assert truth.tilt_deg == pytest.approx(40.0)
    assert truth.travel_mm == pytest.approx(120.0)
    assert truth.drop_mm == pytest.approx(50.0)
    assert (truth.shin_deg, truth.knee_deg) == pytest.approx((3.0, 20.0))
    assert truth.rate_dps == pytest.approx(40 * np.pi / 2, rel=0.01)
    # 5 deg comes first: sin x = 1/8 at 0.0798 s.
    assert truth.onset_s == pytest.approx(2 / np.pi * np.arcsin(1 / 8), abs=2 / GRID_HZ)
    # Standing leans 3 deg, the rep began at 1: 4 to 44 deg.
    lean = np.sin(np.radians(44.0)) - np.sin(np.radians(4.0))
    assert truth.ratio == pytest.approx(120.0 / (154.37 * 1.75 * lean), rel=1e-3)
    assert truth.opened == ()


def test_onset_by_drop_or_travel_alone() -> None:
    still = made()._replace(tilt_deg=np.zeros(961))
    for kept, wanted_mm in (("travel_mm", 120.0), ("drop_mm", 50.0)):
        other = "drop_mm" if kept == "travel_mm" else "travel_mm"
        truth = rep_truth(still._replace(**{other: np.zeros(961)}), 0.0, 2.0, 1.75)
        assert truth.onset_s == pytest.approx(
            2 / np.pi * np.arcsin(20.0 / wanted_mm), abs=2 / GRID_HZ
        )
        assert truth.ratio is None


def test_travel_counts_only_up_to_the_bottom() -> None:
    late = made()
    late.travel_mm[700:] += 500.0
    assert rep_truth(late, 0.0, 2.0, 1.75).travel_mm == pytest.approx(120.0)


def test_a_rep_without_samples_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected samples between"):
        rep_truth(made(), 5.0, 6.0, 1.75)


def test_openings_have_their_pad_their_instant_and_their_length() -> None:
    series = made()
    series.force_n[480:528, 2] = 0.0
    series.force_n[100:148, 0] = 0.0
    first, second = openings(series)
    assert (first.pad, second.pad) == ("head", "sacrum")
    assert second.open_s == pytest.approx(1.0)
    assert second.length_s == pytest.approx(0.1)
    assert rep_truth(series, 0.0, 2.0, 1.75).opened == ("head", "sacrum")
    assert rep_truth(series, 0.5, 2.0, 1.75).opened == ("sacrum",)
    assert openings(made()) == []


@pytest.mark.parametrize("stature_m", [1.5, 1.75, 2.0])
def test_a_balanced_hinge_of_the_body_has_ratio_one(stature_m: float) -> None:
    rep = Rep(peak_tilt_deg=45.0, shin_deg=3.5, lumbar_deg=0.0)
    motion = Body(stature_m).rep(rep)
    series = series_of(MotionScene(motion), motion)
    truth = rep_truth(series, 0.5, 0.5 + rep.duration_s, stature_m)
    assert truth.ratio == pytest.approx(1.0, abs=0.01)
    assert truth.tilt_deg == pytest.approx(45.0, abs=0.1)
    assert truth.shin_deg == pytest.approx(3.5, abs=0.1)
    assert truth.opened == ()


def test_a_squat_of_the_body_drops_with_the_shins_forward() -> None:
    rep = Rep(pattern="squat", peak_tilt_deg=33.0, shin_deg=24.0)
    motion = Body().rep(rep)
    truth = rep_truth(series_of(MotionScene(motion), motion), 0.5, 0.5 + rep.duration_s, 1.75)
    assert truth.shin_deg == pytest.approx(24.0, abs=0.2)
    assert truth.drop_mm > 120.0


def test_rounding_opens_the_pad_at_the_persons_own_angle() -> None:
    rep = Rep(pattern="rounding", lumbar_deg=14.0)
    motion = Body().rep(rep)
    opened = [
        rep_truth(
            series_of(MotionScene(motion, sacrum_opens_deg=deg), motion), 0.5, 4.8, 1.75
        ).opened
        for deg in (12.0, 16.0)
    ]
    assert opened == [("sacrum",), ()]


@pytest.mark.parametrize(
    ("pattern", "verdict", "opened", "yes"),
    [
        ("hinge", "GOOD", (), True),
        ("hinge", "KNEES_FIRST", (), False),
        ("hinge", "SACRUM", ("sacrum",), True),
        ("hinge", "SACRUM", ("head",), False),
        ("hinge", "UNSCORED", (), False),
        ("squat", "KNEES_FIRST", (), True),
        ("squat", "GOOD", (), False),
        ("squat", "SACRUM", (), False),
        ("squat", "SACRUM", ("sacrum",), True),
        ("rounding", "HIPS_NOT_BACK", (), True),
        ("trunk_bend", "KNEE_DRIVEN", (), False),
        ("head_drop", "HEAD", (), True),
        ("head_drop", "SACRUM", (), False),
    ],
)
def test_which_names_say_a_pattern(
    pattern: str, verdict: str, opened: tuple[str, ...], yes: bool
) -> None:
    assert accepted(pattern, verdict, opened) is yes


def a_truth(**changes: float | tuple[str, ...]) -> RepTruth:
    usual = RepTruth(0.3, 2.0, 47.0, 170.0, 30.0, 2.0, 20.0, 1.0, 50.0, ())
    return usual._replace(**changes)  # type: ignore[arg-type]  # one helper for all fields


@pytest.mark.parametrize(
    ("code", "pattern", "truth", "false"),
    [
        ("KNEE_DRIVEN", "hinge", a_truth(), True),
        ("KNEE_DRIVEN", "squat", a_truth(), False),
        ("SACRUM", "hinge", a_truth(), True),
        ("SACRUM", "hinge", a_truth(opened=("sacrum",)), False),
        ("ALL_LOST", "hinge", a_truth(opened=("sacrum",)), True),
        ("DEPTH_LOW", "hinge", a_truth(tilt_deg=38.0), False),
        ("DEPTH_LOW", "hinge", a_truth(tilt_deg=40.0), True),
        ("DEPTH_DEEP", "hinge", a_truth(tilt_deg=57.0), False),
        ("DEPTH_DEEP", "hinge", a_truth(tilt_deg=55.0), True),
        ("FAST", "hinge", a_truth(rate_dps=56.0), False),
        ("FAST", "hinge", a_truth(rate_dps=54.0), True),
        ("HIPS_NOT_BACK", "hinge", a_truth(), True),
        ("SENSOR", "hinge", a_truth(), True),
    ],
)
def test_which_cues_are_false(code: str, pattern: str, truth: RepTruth, false: bool) -> None:
    assert is_false(code, pattern, truth, LIMITS) is false


def test_the_truth_takes_sway_in() -> None:
    motion = replace(Body().rep(Rep()), name="swaying")
    still = series_of(MotionScene(motion), motion)
    swaying = series_of(MotionScene(motion, sway_mm=9.0, seed=3), motion)
    off = np.abs(still.tilt_deg - swaying.tilt_deg)
    assert 0.1 < off.max() < 1.3
