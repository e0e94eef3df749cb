"""The chips' source of noise: normal numbers in a ring, one or several at a time."""

from __future__ import annotations

import random
from statistics import fmean, stdev

from hypothesis import given
from hypothesis import strategies as st

from drivers.sim.chip import Noise


def test_it_is_standard_normal_and_leaves_the_source_where_gauss_would() -> None:
    """So that what a chip draws after it (bias, trim) stays what it was for a seed."""
    ours, theirs = random.Random("seed"), random.Random("seed")
    noise = Noise(ours)
    expected = [theirs.gauss() for _ in range(8191)]
    got = [noise() for _ in range(8191)]
    assert got == expected[1:] + expected[:1]
    assert ours.random() == theirs.random()
    assert abs(fmean(got)) < 0.05
    assert abs(stdev(got) - 1.0) < 0.05


@given(st.lists(st.integers(1, 8), min_size=1, max_size=40), st.integers(0, 8190))
def test_several_at_a_time_are_the_same_numbers(sizes: list[int], skipped: int) -> None:
    one, many = Noise(random.Random(7)), Noise(random.Random(7))
    for _ in range(skipped):
        one()
        many()
    for n in sizes:
        assert many.take(n) == [one() for _ in range(n)]
