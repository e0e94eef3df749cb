"""Hysteresis, zero and level of a pad."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.pads import Levels, PadLogic
from tests.drivers.script import MS

S = 1000 * MS


def _closed(logic: PadLogic, *levels: float, pad: int = 0) -> list[bool]:
    return [logic.step(k * MS, pad, level).closed for k, level in enumerate(levels)]


def test_it_closes_at_one_level_and_opens_at_a_lower() -> None:
    logic = PadLogic(0.2, 0.1)
    assert _closed(logic, 0.199, 0.2, 0.15, 0.1, 0.099, 0.15, 0.21) == [
        False,
        True,
        True,
        True,
        False,
        False,
        True,
    ]


def test_pads_do_not_know_each_other() -> None:
    logic = PadLogic(0.2, 0.1)
    logic.step(0, 1, 0.9)
    assert not logic.step(0, 0, 0.15).closed
    assert logic.step(0, 1, 0.15).closed
    assert logic.step(5, 2, 0.3)[:2] == (5, 2)


def test_level_is_limited_and_counts_from_the_zero() -> None:
    logic = PadLogic(0.2, 0.1)
    assert logic.step(0, 0, -0.3).level == 0.0
    assert logic.step(0, 0, 1.7).level == 1.0
    logic.zero[0] = 0.1
    assert logic.step(0, 0, 0.55).level == pytest.approx(0.5)
    assert logic.step(0, 0, 1.0).level == pytest.approx(1.0)


def test_rezero_moves_open_pads_only() -> None:
    logic = PadLogic(0.2, 0.1)
    logic.step(0, 0, 0.15)
    logic.step(0, 1, 0.6)
    logic.rezero()
    assert logic.zero == [0.15, 0.0, 0.0]
    assert logic.step(1, 0, 0.15).level == 0.0


def test_a_zero_never_runs_away() -> None:
    logic = PadLogic(0.9, 0.8)
    logic.step(0, 0, 0.7)
    logic.step(0, 1, -3.0)
    logic.rezero()
    assert logic.zero[:2] == [0.5, -0.5]


def test_tracking_follows_drift_of_an_open_pad_with_its_time_constant() -> None:
    logic = PadLogic(0.5, 0.4, track_s=10.0)
    for k in range(1001):
        logic.step(k * 10 * MS, 0, 0.1)
    assert logic.zero[0] == pytest.approx(0.1 * (1 - math.exp(-1.0)), rel=0.01)


def test_tracking_leaves_a_closed_pad_alone() -> None:
    logic = PadLogic(0.2, 0.1, track_s=1.0)
    for k in range(1000):
        assert logic.step(k * S, 0, 0.6).closed
    assert logic.zero[0] == 0.0


def test_the_first_sample_after_a_replug_does_not_track_over_the_gap() -> None:
    logic = PadLogic(0.5, 0.4, track_s=1.0)
    logic.step(0, 0, 0.0)
    logic.step(1, 1, 0.9)
    logic.forget_contact()
    assert not logic.closed[1]
    logic.step(100 * S, 0, 0.3)
    assert logic.zero[0] == 0.0


@pytest.mark.parametrize(
    ("close", "opens", "track"),
    [(0.1, 0.2, None), (0.2, 0.2, None), (1.0, 0.5, None), (0.5, 0.0, None), (0.2, 0.1, 0.0)],
)
def test_levels_that_cannot_be(close: float, opens: float, track: float | None) -> None:
    with pytest.raises(ValueError, match="expected"):
        PadLogic(close, opens, track_s=track)


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(-2, 2)), max_size=60))
def test_contact_changes_only_across_its_own_limit(samples: list[tuple[int, float]]) -> None:
    logic = PadLogic(0.2, 0.1, track_s=5.0)
    before = [False] * 3
    for k, (pad, raw) in enumerate(samples):
        got = logic.step(k * 100 * MS, pad, raw)
        assert 0.0 <= got.level <= 1.0
        assert got.closed == (got.level >= (0.1 if before[pad] else 0.2))
        before[pad] = got.closed


def test_each_pad_may_have_levels_of_its_own() -> None:
    logic = PadLogic((0.1, 0.3, 0.5), (0.05, 0.2, 0.4))
    closed = [[logic.step(t, pad, raw).closed for pad in range(3)]
              for t, raw in enumerate((0.09, 0.1, 0.3, 0.5, 0.39, 0.19, 0.04))]  # fmt: skip
    assert closed == [
        [False, False, False],
        [True, False, False],
        [True, True, False],
        [True, True, True],
        [True, True, False],
        [True, False, False],
        [False, False, False],
    ]


@pytest.mark.parametrize(
    ("close", "opens"),
    [((0.1, 0.2), 0.05), (0.2, (0.1, 0.1, 0.2)), ((0.1, 0.1, 1.0), 0.05), ((0.1, 0.2, 0.3), ())],
)
def test_levels_that_cannot_be_are_refused(close: Levels, opens: Levels) -> None:
    with pytest.raises(ValueError, match="pad levels"):
        PadLogic(close, opens)


def test_one_step_of_the_zero_is_its_share_of_the_time_constant() -> None:
    logic = PadLogic(0.5, 0.4, track_s=10.0)
    for t_s in (5, 6):
        logic.step(t_s * 1_000_000_000, 1, 0.2)
    assert logic.zero == pytest.approx([0.0, 0.2 * (1.0 - math.exp(-0.1)), 0.0])
