"""Whether a series of reps drifts: its slope, and whether that is more than its own scatter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from math import sqrt
from statistics import median

SCATTER = 0.9539
"""Median size of the difference of two draws from a normal distribution, in its SDs."""


def _pairs(values: Sequence[float]) -> Iterator[tuple[int, float]]:
    """(distance, difference) of all pairs, later less earlier."""
    for i in range(len(values)):
        for j in range(i + 1, len(values)):
            yield j - i, values[j] - values[i]


def theil_sen(values: Sequence[float | None]) -> float | None:
    """Median slope a rep of all pairs (Theil 1950, Sen 1968), which a single odd rep does not
    move. A rep without a value is None and keeps its place; None with fewer than three values."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 3:
        return None
    return median((b - a) / (j - i) for (i, a), (j, b) in combinations(known, 2))


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
