"""Whether a series of reps drifts: its slope, and whether that is more than its own scatter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import sqrt
from statistics import median

SCATTER = 0.9539
"""Median size of the difference of two draws from a normal distribution, in its SDs."""


def _pairs(values: Sequence[float]) -> Iterator[tuple[int, float]]:
    """(distance, difference) of all pairs, later less earlier."""
    for i in range(len(values)):
        for j in range(i + 1, len(values)):
            yield j - i, values[j] - values[i]


def theil_sen(values: Sequence[float]) -> float | None:
    """Median slope of all pairs of an evenly spaced series (Theil 1950, Sen 1968), which a single
    odd rep does not move; None with fewer than three."""
    if len(values) < 3:
        return None
    return median(difference / apart for apart, difference in _pairs(values))


def trend_sds(values: Sequence[float]) -> float:
    """How far a series rises (+) or falls (-) beyond chance, in standard deviations.

    Of all pairs, how many more rise than fall, over what a series in random order gives (Mann
    1945, Kendall 1975), equal values accounted for. 0 with fewer than three values, or all equal.
    """
    n = len(values)
    if n < 3:
        return 0.0
    more = sum((difference > 0) - (difference < 0) for _, difference in _pairs(values))
    equal = sum(t * (t - 1) * (2 * t + 5) for t in Counter(values).values())
    variance = (n * (n - 1) * (2 * n + 5) - equal) / 18
    return more / sqrt(variance) if variance > 0 else 0.0


def scatter(values: Sequence[float]) -> float:
    """Standard deviation from one value to the next, whatever the slope and but for a few jumps:
    from the median difference of neighbours. 0 with fewer than two values."""
    steps = [abs(late - early) for early, late in pairwise(values)]
    return median(steps) / SCATTER if steps else 0.0
