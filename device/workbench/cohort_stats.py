"""Shares, areas under curves and errors, each with how sure it is.

Reps of one person are alike. So a share of reps counts for less than its number (design effect),
and intervals of areas come from drawing whole people again.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

Z95 = 1.959964
BOOTSTRAPS = 1000


class Share(msgspec.Struct, frozen=True):
    """``k`` of ``n``, and the 95 % interval of the share (Wilson); None of nothing."""

    k: int
    n: int
    share: float | None
    low: float | None
    high: float | None


class Area(msgspec.Struct, frozen=True):
    """Area under a ROC curve with its 95 % interval; 0.5 tells nothing."""

    good: int
    faulty: int
    auc: float | None
    low: float | None
    high: float | None


class Delay(msgspec.Struct, frozen=True):
    """Delays in ms: how many, median, 95th percentile."""

    n: int
    p50_ms: float | None
    p95_ms: float | None


class Off(msgspec.Struct, frozen=True):
    """How far a measure is off: bias, standard deviation, root mean square."""

    n: int
    bias: float | None
    sd: float | None
    rmse: float | None


def wilson(k: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of ``k`` in ``n``; (0, 1) for n = 0. Raises ``ValueError``."""
    if n < 0 or not 0 <= k <= n:
        raise ValueError(f"{k} of {n}, expected 0 <= k <= n")
    if n == 0:
        return 0.0, 1.0
    p = k / n
    scale = 1.0 + z * z / n
    middle = (p + z * z / (2 * n)) / scale
    half = z / scale * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
    low = 0.0 if k == 0 else max(middle - half, 0.0)
    return low, 1.0 if k == n else min(middle + half, 1.0)


def design_effect(hits: Sequence[bool], people: Sequence[int]) -> float:
    """How much wider the share's variance is because people repeat themselves; at least 1."""
    p = float(np.mean(hits)) if len(hits) else 0.0
    groups = np.unique(people)
    if p in (0.0, 1.0) or len(groups) < 2:
        return 1.0
    values, who = np.asarray(hits, dtype=float), np.asarray(people)
    # Variance of a ratio of totals over groups (Taylor), against that of independent draws.
    rest = np.array([float((values[who == g] - p).sum()) for g in groups])
    m = len(groups)
    variance = m / (m - 1) * float((rest**2).sum()) / len(values) ** 2
    return max(variance / (p * (1 - p) / len(values)), 1.0)


def share(hits: Sequence[bool], people: Sequence[int] | None = None) -> Share:
    """The share of true ones; ``people`` (one each) widens the interval by the design effect."""
    n, k = len(hits), int(sum(hits))
    if n == 0:
        return Share(0, 0, None, None, None)
    effect = design_effect(hits, people) if people is not None else 1.0
    low, high = wilson(k / effect, n / effect)
    return Share(k, n, round(k / n, 4), round(low, 4), round(high, 4))


def area(
    good: Sequence[tuple[int, float]],
    faulty: Sequence[tuple[int, float]],
    seed: int = 0,
    draws: int = BOOTSTRAPS,
) -> Area:
    """How well a feature parts faulty from good reps: (person, value), larger = faulty.

    The area is the share of pairs in the right order, ties by half; the interval draws people
    with replacement, ``draws`` times.
    """
    if not good or not faulty:
        return Area(len(good), len(faulty), None, None, None)
    numbers = sorted({who for who, _ in (*good, *faulty)})
    m = len(numbers)
    ordered = [np.sort([v for who, v in good if who == number]) for number in numbers]
    bad = [np.array([v for who, v in faulty if who == number]) for number in numbers]
    wins = np.zeros((m, m))
    for i, values in enumerate(bad):
        for j, others in enumerate(ordered):
            if len(values) and len(others):
                below = np.searchsorted(others, values, "left")
                upto = np.searchsorted(others, values, "right")
                wins[i, j] = float((below + upto).sum()) / 2.0
    n_bad = np.array([len(values) for values in bad], dtype=float)
    n_good = np.array([len(values) for values in ordered], dtype=float)
    auc = float(wins.sum() / (n_bad.sum() * n_good.sum()))
    rng = np.random.default_rng(seed)
    times = rng.multinomial(m, np.full(m, 1.0 / m), size=draws).astype(float)
    pairs = (times @ n_bad) * (times @ n_good)
    kept = pairs > 0
    drawn = np.einsum("di,ij,dj->d", times, wins, times, optimize=True)[kept] / pairs[kept]
    low, high = (float(x) for x in np.percentile(drawn, [2.5, 97.5])) if len(drawn) else (0.0, 1.0)
    return Area(len(good), len(faulty), round(auc, 4), round(low, 4), round(high, 4))


def roc(good: Sequence[float], faulty: Sequence[float]) -> tuple[Array, Array]:
    """False-alarm share and hit share (k,) for every limit, from the strictest to the loosest."""
    limits = np.unique(np.concatenate([np.asarray(good, float), np.asarray(faulty, float)]))[::-1]
    few, many = np.sort(good), np.sort(faulty)
    false = 1.0 - np.searchsorted(few, limits, "left") / max(len(few), 1)
    hit = 1.0 - np.searchsorted(many, limits, "left") / max(len(many), 1)
    return np.concatenate([[0.0], false]), np.concatenate([[0.0], hit])


def delay(values_ms: Sequence[float]) -> Delay:
    """Median and 95th percentile."""
    if not len(values_ms):
        return Delay(0, None, None)
    p50, p95 = np.percentile(values_ms, [50, 95])
    return Delay(len(values_ms), round(float(p50), 1), round(float(p95), 1))


def off(values: Sequence[float | None]) -> Off:
    """Bias, SD and RMSE of the known values."""
    known = np.array([value for value in values if value is not None])
    if not len(known):
        return Off(0, None, None, None)
    return Off(
        len(known),
        round(float(known.mean()), 3),
        round(float(known.std()), 3),
        round(float(np.sqrt((known**2).mean())), 3),
    )
