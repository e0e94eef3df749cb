"""The planar body: lengths kept, balance kept, the table of the planar model, the draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.sim.body import PATTERNS, Body, Posture, Rep, draw_rep, posture_of
from drivers.sim.motion import Motion
from drivers.sim.player import MotionScene
from drivers.sim.smooth import Array


def travel_mm(motion: Motion) -> Array:
    back: Array = (motion.hip[0, 0] - motion.hip[:, 0]) * 1000
    return back


def drop_mm(motion: Motion) -> Array:
    down: Array = (motion.hip[0, 1] - motion.hip[:, 1]) * 1000
    return down


def shank_deg(motion: Motion) -> Array:
    axis = motion.points["knee"] - motion.points["ankle"]
    angle: Array = np.degrees(np.arctan2(axis[:, 0], axis[:, 1]))
    return angle


def opened(rep: Rep) -> tuple[bool, bool, bool]:
    """Which pads open during a rep."""
    scene = MotionScene(Body().rep(rep), 0, 0)
    forces = np.array([scene.pad_force_n(int(t * 1e9)) for t in scene.truth().time_s])
    head, thoracic, sacrum = (forces == 0).any(axis=0).tolist()
    return head, thoracic, sacrum


@settings(max_examples=40)
@given(st.sampled_from(PATTERNS), st.integers(0, 10_000))
def test_segments_keep_their_lengths_in_every_pattern(pattern: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    body = Body.drawn(rng)
    motion = body.rep(draw_rep(pattern, rng), rate_hz=60)
    lean = 0.01 * np.sin(motion.time_s)
    swaying = body.motion(motion.time_s, posture_of(draw_rep(pattern, rng), motion.time_s), lean)
    for moving in (motion, swaying):
        points = moving.points
        for a, b, length in (
            ("ankle", "knee", body.shank_m),
            ("knee", "hip", body.thigh_m),
            ("hip", "l5", 0.2 * body.trunk_m),
            ("c7", "head", 0.10 * body.stature_m),
        ):
            size = np.linalg.norm(points[b] - points[a], axis=1)
            assert size == pytest.approx(length, abs=1e-9), (a, b)
        assert np.ptp(points["ankle"], axis=0) == pytest.approx([0, 0])


@pytest.mark.parametrize(
    ("stature_m", "tilt_deg", "travel", "drop"),
    [
        (1.50, 45, 149, 18),
        (1.75, 15, 53, 0),
        (1.75, 30, 118, 9),
        (1.75, 45, 174, 25),
        (1.75, 60, 217, 44),
        (2.00, 45, 199, 32),
    ],
)
def test_a_good_hinge_goes_as_the_planar_model_says(
    stature_m: float, tilt_deg: float, travel: float, drop: float
) -> None:
    """Travel and drop in mm at a trunk angle (shins about vertical), from the model's table."""
    motion = Body(stature_m).rep(Rep(peak_tilt_deg=tilt_deg - 3.0, lumbar_deg=0.0))
    assert travel_mm(motion).max() == pytest.approx(travel, abs=4)
    assert drop_mm(motion)[int(np.argmax(motion.trunk_deg))] == pytest.approx(drop, abs=5)


def test_rounding_costs_travel_by_the_models_shares() -> None:
    straight = travel_mm(Body().rep(Rep(peak_tilt_deg=42, lumbar_deg=0.0))).max()
    for lumbar_deg, share in ((10, 0.86), (20, 0.73), (30, 0.59)):
        rounded = travel_mm(Body().rep(Rep(peak_tilt_deg=42, lumbar_deg=lumbar_deg))).max()
        assert rounded / straight == pytest.approx(share, abs=0.03)


def test_a_weight_that_goes_forward_takes_the_hips_along() -> None:
    back = travel_mm(Body().rep(Rep())).max()
    forward = travel_mm(Body().rep(Rep(shift_m=0.05))).max()
    assert back - forward == pytest.approx(1.227 * 50, abs=0.5)


def test_a_squat_drops_and_its_shins_lead() -> None:
    rep = Rep(pattern="squat", peak_tilt_deg=32, shin_deg=25, lag=0.18)
    motion = Body(1.75).rep(rep, before_s=0.0)
    assert 90 < drop_mm(motion).max() < 220
    assert shank_deg(motion).max() == pytest.approx(25, abs=0.1)
    early = int(0.2 * rep.down_s * 120)
    assert shank_deg(motion)[early] > 4.5
    assert motion.trunk_deg[early] - motion.trunk_deg[0] < 0.1


@settings(max_examples=20)
@given(st.sampled_from(PATTERNS), st.integers(0, 10_000))
def test_a_rep_begins_and_ends_standing_still(pattern: str, seed: int) -> None:
    motion = Body().rep(draw_rep(pattern, np.random.default_rng(seed)))
    _, table = motion.table()
    assert table[-1] == pytest.approx(table[0], abs=1e-9)
    assert np.max(np.abs(table[:30] - table[0])) < 1e-9
    assert np.max(np.abs(table[-30:] - table[0])) < 1e-9


def test_the_tempo_and_the_peak_are_those_of_the_rep() -> None:
    rep = Rep(peak_tilt_deg=50, down_s=1.5, hold_s=0.5, up_s=2.0)
    assert rep.duration_s == 4.0
    motion = Body().rep(rep, before_s=1.0, after_s=0.25)
    assert motion.duration_s == pytest.approx(5.25)
    tilt = motion.trunk_deg - motion.trunk_deg[0]
    at_peak = motion.time_s[tilt > 50 - 1e-6]
    assert (at_peak[0], at_peak[-1]) == (pytest.approx(2.5, abs=0.02), pytest.approx(3.0, abs=0.02))
    assert tilt[motion.time_s <= 1.0] == pytest.approx(0.0)


def test_each_pattern_opens_the_pads_it_should() -> None:
    assert opened(Rep()) == (False, False, False)
    assert opened(Rep(lumbar_deg=25)) == (False, False, True)
    assert opened(Rep(neck_deg=27)) == (True, False, False)
    assert opened(Rep(arch_deg=9)) == (False, True, False)


def test_overarching_leans_back_past_rest_at_the_lockout_only() -> None:
    rep = Rep(arch_deg=9)
    motion = Body().rep(rep, before_s=0.0, after_s=0.5)
    tilt = motion.trunk_deg - motion.trunk_deg[0]
    lockout_s = rep.down_s + rep.hold_s + rep.up_s
    assert tilt.min() == pytest.approx(-9, abs=0.1)
    assert motion.time_s[int(np.argmin(tilt))] == pytest.approx(lockout_s, abs=0.15)
    assert tilt[motion.time_s < lockout_s - rep.up_s / 3].min() >= 0.0


def test_draws_have_the_spread_of_the_patterns() -> None:
    rng = np.random.default_rng(3)
    reps = {p: [draw_rep(p, rng) for _ in range(400)] for p in PATTERNS}

    def mean_sd(pattern: str, field: str) -> tuple[float, float]:
        values = [getattr(rep, field) for rep in reps[pattern]]
        return float(np.mean(values)), float(np.std(values))

    for pattern, field, mean, sd in (
        ("hinge", "peak_tilt_deg", 47, 7),
        ("hinge", "shin_deg", 2, 3),
        ("hinge", "lumbar_deg", 3, 3),
        ("squat", "shin_deg", 24, 6),
        ("knees_first", "peak_tilt_deg", 43, 8),
        ("knees_first", "shin_deg", 14, 3.5),
        ("trunk_bend", "shift_m", 0.055, 0.015),
        ("trunk_bend_mild", "shift_m", 0.032, 0.008),
        ("rounding", "lumbar_deg", 25, 8),
        ("rounding_mild", "lumbar_deg", 14, 3),
    ):
        got = mean_sd(pattern, field)
        assert got[0] == pytest.approx(mean, abs=0.2 * sd), (pattern, field)
        assert got[1] == pytest.approx(sd, rel=0.15), (pattern, field)
    assert all(rep.pattern == p for p, drawn in reps.items() for rep in drawn)
    assert all(1.7 <= rep.down_s <= 2.6 for rep in reps["hinge"])
    assert {rep.lag for rep in reps["squat"]} == {0.18}


def test_the_same_seed_draws_the_same_rep_and_an_unknown_pattern_is_refused() -> None:
    one, two, other = (draw_rep("squat", np.random.default_rng(s)) for s in (5, 5, 6))
    assert one == two
    assert one != other
    with pytest.raises(ValueError, match="pattern 'jump', expected one of hinge, squat"):
        draw_rep("jump", np.random.default_rng(0))


def test_people_differ_in_size_and_proportion() -> None:
    rng = np.random.default_rng(8)
    people = [Body.drawn(rng) for _ in range(200)]
    statures = [p.stature_m for p in people]
    assert 1.5 <= min(statures) < 1.55
    assert 1.95 < max(statures) <= 2.0
    assert np.std([p.thigh for p in people]) == pytest.approx(0.03, rel=0.2)
    assert Body.drawn(rng, stature_m=1.6, segment_spread=0.0) == Body(1.6)


def test_the_hip_stands_at_53_hundredths_of_stature() -> None:
    for stature_m in (1.5, 2.0):
        fwd, up = Body(stature_m).rest_hip()
        assert up == pytest.approx(0.53 * stature_m, rel=0.003)
        motion = Body(stature_m).rep(Rep())
        assert motion.hip[0] == pytest.approx([fwd, up])
        assert MotionScene(motion).stature_m == pytest.approx(stature_m, rel=0.003)


def test_sway_tips_the_whole_body_about_the_ankle() -> None:
    time_s = np.arange(3) / 10
    zero = np.zeros(3)
    posture = Posture(zero + 3, zero + 4, zero, zero, zero, zero, zero)
    upright = Body().motion(time_s, posture)
    tipped = Body().motion(time_s, posture, zero + 0.01)
    for name, xy in upright.points.items():
        arm = xy - upright.points["ankle"]
        turned = arm @ np.array([[np.cos(0.01), -np.sin(0.01)], [np.sin(0.01), np.cos(0.01)]])
        assert tipped.points[name] - tipped.points["ankle"] == pytest.approx(turned), name
    assert tipped.trunk_deg - upright.trunk_deg == pytest.approx(np.degrees(0.01))
    assert tipped.angles["knee_flex_deg"] == pytest.approx(upright.angles["knee_flex_deg"])
