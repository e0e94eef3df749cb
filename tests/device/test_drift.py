"""Slopes, and what chance alone gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.drift import scatter, theil_sen, trend_sds

SERIES = st.lists(st.floats(-100, 100), min_size=3, max_size=12)


@given(st.floats(-5, 5), st.floats(-100, 100), st.integers(3, 20))
def test_the_slope_of_a_line_is_found(slope: float, zero: float, n: int) -> None:
    found = theil_sen([zero + slope * i for i in range(n)])
    assert found == pytest.approx(slope, abs=1e-9)


def test_one_odd_rep_does_not_move_the_slope() -> None:
    assert theil_sen([1, 2, 3, 400, 5, 6, 7]) == pytest.approx(1.0)
    assert theil_sen([1, 2]) is None


@given(SERIES)
def test_a_trend_turns_round_with_its_series(values: list[float]) -> None:
    assert trend_sds(values[::-1]) == pytest.approx(-trend_sds(values))
    assert trend_sds([-value for value in values]) == pytest.approx(-trend_sds(values))
    assert scatter(values[::-1]) == pytest.approx(scatter(values))


def test_a_trend_is_counted_by_the_book() -> None:
    # Kendall's S of ten rising values is 45, its variance 10 * 9 * 25 / 18 = 125.
    assert trend_sds(list(range(10))) == pytest.approx(45 / 125**0.5)
    # Seven and three alike: S = 21, variance (2250 - 7 * 6 * 19 - 3 * 2 * 11) / 18 = 77.
    assert trend_sds([0.0] * 7 + [1.0] * 3) == pytest.approx(21 / 77**0.5)
    assert trend_sds([1.0, 2.0]) == 0.0
    assert trend_sds([5.0] * 8) == 0.0


def test_chance_gives_a_trend_of_about_one_standard_deviation() -> None:
    rng = np.random.default_rng(1)
    found = [trend_sds(rng.normal(size=10).tolist()) for _ in range(2000)]
    assert np.mean(found) == pytest.approx(0.0, abs=0.07)
    assert np.std(found) == pytest.approx(1.0, abs=0.05)


def test_scatter_is_that_between_neighbours_whatever_a_step_does() -> None:
    rng = np.random.default_rng(2)
    series = rng.normal(size=4000)
    assert scatter(series.tolist()) == pytest.approx(1.0, rel=0.05)
    assert scatter((series + 50.0 * (np.arange(4000) > 2000)).tolist()) == pytest.approx(
        1.0, rel=0.05
    )
    assert scatter([1.0]) == 0.0
