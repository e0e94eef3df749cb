"""Twice integrated: closed-form motions, unknown velocity and bias, honest uncertainty."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.strapdown import REST, TOP, TURN, UNKNOWN, Anchor, Live, close
from tests.device.rig import Array

HZ = 208.0


def swing(depth_m: float, length_s: float) -> tuple[Array, Array, Array]:
    """Down and up again: z = -depth (1 - cos wt) / 2; times, z, its acceleration."""
    t = np.arange(round(length_s * HZ) + 1) / HZ
    w = 2 * np.pi / t[-1]
    return t, -0.5 * depth_m * (1 - np.cos(w * t)), -0.5 * depth_m * w * w * np.cos(w * t)


def test_a_known_rise_is_found() -> None:
    t, z, a = swing(0.2, 3.0)
    path = close(t, a, REST, REST, 0.0)
    assert np.max(np.abs(path.rise_m - z)) < 1e-3
    assert path.rise_m.min() == pytest.approx(-0.2, abs=1e-3)
    assert np.max(np.abs(path.velocity_mps - np.gradient(z, t))) < 5e-3


@settings(max_examples=30)
@given(st.floats(-0.15, 0.15), st.floats(0.05, 0.4), st.floats(1.0, 6.0))
def test_a_constant_bias_is_taken_out(bias: float, depth: float, length: float) -> None:
    t, z, a = swing(depth, length)
    loose = Anchor(0.001, 1.0, 0.001)
    path = close(t, a + bias, loose, loose, 0.0)
    assert np.max(np.abs(path.rise_m - z)) < 2e-3
    # With nothing known of the end it would not be.
    if abs(bias) * length**2 > 0.1:
        open_ended = close(t, a + bias, Anchor(1e-4, 1e-4, 1.0), Anchor(10, 1, 1), None)
        assert np.max(np.abs(open_ended.rise_m - z)) > 0.02


@settings(max_examples=30)
@given(st.floats(-0.5, 0.5))
def test_a_velocity_unknown_at_the_start_is_solved(v0: float) -> None:
    t = np.arange(417) / HZ
    z = v0 * t - 0.5 * v0 * t * t / t[-1]  # slows down evenly to stand at the end
    a = np.full(len(t), -v0 / t[-1])
    path = close(t, a, UNKNOWN, REST, None)
    assert path.velocity_mps[0] == pytest.approx(v0, abs=0.03)
    assert np.max(np.abs(path.rise_m - z)) < 0.03


def test_velocities_at_the_ends_that_are_told_are_kept() -> None:
    t = np.arange(209) / HZ
    path = close(t, np.zeros(209), REST, REST, None, start_velocity_mps=0.1, end_velocity_mps=0.1)
    assert path.rise_m[-1] == pytest.approx(0.1 * t[-1], abs=1e-6)


def test_what_the_ends_leave_open_grows_from_a_known_start_and_with_looser_anchors() -> None:
    t, _, a = swing(0.2, 4.0)
    free = close(t, a, REST, Anchor(10.0, 1.0, 10.0), None).rise_sd_m
    assert free[0] == 0
    assert np.all(np.diff(free) > 0)
    # 5 mm/s and 10 mm/s2 over 4 s.
    assert free[-1] == pytest.approx(np.hypot(0.02, 0.08), rel=0.02)
    middle = len(t) // 2
    sds = [
        close(t, a, s, e, 0.0).rise_sd_m[middle]
        for s, e in ((REST, REST), (TOP, TOP), (TURN, TURN))
    ]
    assert sds[0] < sds[1] < sds[2]
    assert sds[0] < 0.015
    assert close(t, a, REST, REST, 0.0).rise_sd_m[middle] < free[middle]


def test_the_live_integral_follows_and_anchors_forget() -> None:
    t, z, a = swing(0.2, 3.0)
    live = Live()
    live.learn_bias(0.05)
    half = len(t) // 2
    for i in range(half):
        live.update(round(t[i] * 1e9), float(a[i]) + 0.05)
    assert live.rise_m == pytest.approx(float(z[half - 1]), abs=2e-3)
    live.anchor(0.02)
    assert (live.rise_m, live.velocity_mps) == (0.0, 0.02)


def test_the_check_of_stillness_outlives_an_anchor_and_fades() -> None:
    live = Live()
    now = 0
    for _ in range(104):  # half a second of 0.2 m/s2, anchored at every sample
        now += 4_807_692
        live.update(now, -0.2)
        live.anchor()
    assert live.velocity_mps == 0
    assert live.slow_mps == pytest.approx(-0.2 * (1 - np.exp(-0.5)), rel=0.03)
    for _ in range(624):
        now += 4_807_692
        live.update(now, 0.0)
    assert abs(live.slow_mps) < 0.006
