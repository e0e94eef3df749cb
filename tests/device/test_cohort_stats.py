"""The statistics of a cohort against values known from elsewhere."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.workbench.cohort_stats import (
    Area,
    area,
    delay,
    design_effect,
    off,
    roc,
    share,
    wilson,
)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_knows_its_bounds() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(10, 10)[1] == 1.0
    for k, n in ((-1, 3), (4, 3), (0, -1)):
        with pytest.raises(ValueError, match="expected 0 <= k <= n"):
            wilson(k, n)


@given(st.integers(1, 500), st.data())
def test_wilson_holds_the_share_and_mirrors(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    low, high = wilson(k, n)
    assert 0.0 <= low <= k / n + 1e-12
    assert k / n - 1e-12 <= high <= 1.0
    mirrored = wilson(n - k, n)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_people_who_repeat_themselves_count_as_one() -> None:
    """Ten reps each, all alike: as sure as one rep of each person."""
    hits = [who < 8 for who in range(10) for _ in range(10)]
    people = [who for who in range(10) for _ in range(10)]
    # By hand: residuals 8 x 2 and 2 x -8; variance 10/9 (8 x 4 + 2 x 64) / 100^2 over .16/100.
    assert design_effect(hits, people) == pytest.approx(10 / 9 * 160 / 1e4 / (0.16 / 100))
    assert share(hits).share == share(hits, people).share == 0.8
    alone = share(hits)
    grouped = share(hits, people)
    assert grouped.low is not None
    assert alone.low is not None
    assert grouped.low < 0.5 < alone.low


def test_a_design_effect_never_makes_surer() -> None:
    # Each person half right: less spread between people than chance would give.
    assert design_effect([True, False] * 10, [who for who in range(10) for _ in "ab"]) == 1.0
    assert design_effect([True] * 5, [0, 1, 2, 3, 4]) == 1.0
    assert design_effect([], []) == 1.0


def test_a_share_of_nothing_is_none() -> None:
    nothing = share([])
    assert (nothing.k, nothing.n, nothing.share, nothing.low) == (0, 0, None, None)


def test_the_area_by_hand() -> None:
    """Pairs: 3 > 1, 3 > 2; 2 > 1, 2 = 2: three and a half of four."""
    found = area([(0, 1.0), (1, 2.0)], [(0, 3.0), (1, 2.0)])
    assert (found.auc, found.good, found.faulty) == (0.875, 2, 2)


def test_the_area_of_parted_and_of_equal_values() -> None:
    low = [(who, float(who)) for who in range(6)]
    high = [(who, 10.0 + who) for who in range(6)]
    assert area(low, high) == Area(6, 6, 1.0, 1.0, 1.0)
    assert area(high, low).auc == 0.0
    assert area(low, low).auc == 0.5
    assert area([], high) == Area(0, 6, None, None, None)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9).map(float)), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9).map(float)), min_size=1, max_size=12),
)
def test_the_area_counts_pairs(good: list[tuple[int, float]], bad: list[tuple[int, float]]) -> None:
    pairs = [
        1.0 if b > g else 0.5 if b == g else 0.0 for (_, g), (_, b) in itertools.product(good, bad)
    ]
    found = area(good, bad, draws=20)
    assert found.auc == pytest.approx(sum(pairs) / len(pairs), abs=1e-4)


def test_the_bootstrap_repeats_and_covers() -> None:
    rng = np.random.default_rng(5)
    good = [(who, float(rng.normal())) for who in range(40) for _ in range(5)]
    bad = [(who, float(rng.normal(1.0))) for who in range(40) for _ in range(5)]
    first, again = area(good, bad, seed=3), area(good, bad, seed=3)
    assert first == again
    assert area(good, bad, seed=4) != first
    # Two normals one SD apart: Phi(1 / sqrt 2).
    true = 0.5 * (1 + math.erf(0.5))
    assert first.low is not None
    assert first.high is not None
    assert first.low < true < first.high
    assert 0.02 < first.high - first.low < 0.12


def test_people_who_repeat_themselves_widen_the_area() -> None:
    rng = np.random.default_rng(6)
    own = rng.normal(size=(2, 12))
    good = [(who, float(own[0, who])) for who in range(12) for _ in range(20)]
    bad = [(who, float(own[1, who]) + 1.0) for who in range(12) for _ in range(20)]
    spread = [(who * 20 + i, v) for i, (who, v) in enumerate(good)]
    spread_bad = [(who * 20 + i, v) for i, (who, v) in enumerate(bad)]
    grouped, single = area(good, bad), area(spread, spread_bad)
    assert grouped.auc == single.auc
    assert None not in (grouped.low, grouped.high, single.low, single.high)
    wide = (grouped.high or 0.0) - (grouped.low or 0.0)
    assert wide > 1.5 * ((single.high or 0.0) - (single.low or 0.0))


def test_the_roc_runs_from_corner_to_corner() -> None:
    false, hit = roc([1.0, 2.0], [2.0, 3.0])
    assert list(zip(false.tolist(), hit.tolist(), strict=True)) == [
        (0.0, 0.0),
        (0.0, 0.5),
        (0.5, 1.0),
        (1.0, 1.0),
    ]


@given(st.lists(st.integers(0, 20), min_size=1), st.lists(st.integers(0, 20), min_size=1))
def test_the_area_under_the_roc_is_the_area(good: list[int], bad: list[int]) -> None:
    false, hit = roc([float(v) for v in good], [float(v) for v in bad])
    under = float(np.trapezoid(hit, false))
    found = area([(0, float(v)) for v in good], [(0, float(v)) for v in bad], draws=2)
    assert found.auc == pytest.approx(under, abs=1e-4)


def test_errors_and_delays() -> None:
    found = off([1.0, 3.0, None])
    assert (found.n, found.bias, found.sd, found.rmse) == (2, 2.0, 1.0, 2.236)
    assert off([None]).n == 0
    assert off([]).rmse is None
    late = delay([float(ms) for ms in range(101)])
    assert (late.n, late.p50_ms, late.p95_ms) == (101, 50.0, 95.0)
    assert delay([]).p95_ms is None
