"""A set of reps in numbers: shares, spread, and whether the person is tiring.

Drift is the Theil-Sen slope a rep (Theil 1950, Sen 1968): the median of the slopes of all pairs,
which a single odd rep does not move. Fatigue compares the last three reps with the second to
fourth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import fmean, median, stdev

import msgspec

from services.schema import RepBody

FIRST, LAST = slice(1, 4), slice(-3, None)
LEAST_REPS = 6
LOSS_SHARE = 0.15
RATIO = 0.15
EXCESS_SHARE = 0.01
DOWN_SHARE = 0.30


class Spread(msgspec.Struct, frozen=True):
    """Mean, standard deviation and coefficient of variation; None with too few values."""

    mean: float | None
    sd: float | None
    cv: float | None


class SetSummary(msgspec.Struct, frozen=True):
    """One set. Drifts are per rep; None where the measure is missing from the reps."""

    reps: int
    good: int
    unscored: int
    good_share: float | None
    peak_tilt_deg: Spread
    hip_travel_mm: Spread
    time_s: float
    drift_loss_ms: float | None
    drift_tilt_deg: float | None
    drift_ratio: float | None
    drift_drop_mm: float | None
    drift_down_s: float | None
    tired: bool


def theil_sen(values: Sequence[float]) -> float | None:
    """Median slope of all pairs of an evenly spaced series; None with fewer than three."""
    if len(values) < 3:
        return None
    slopes = [
        (values[j] - values[i]) / (j - i)
        for i in range(len(values))
        for j in range(i + 1, len(values))
    ]
    return median(slopes)


def loss_share(rep: RepBody) -> float:
    """Lost time of the worst pad as a share of the rep."""
    loss = rep.contact_loss_ms
    worst = max((ms or 0 for ms in (loss.head, loss.thoracic, loss.sacrum)), default=0)
    return worst * 1e-3 / max(rep.end_s - rep.start_s, 1e-6)


def is_tired(reps: Sequence[RepBody], stature_m: float) -> bool:
    """Whether the last three scored reps are clearly worse than the second to fourth."""
    scored = [rep for rep in reps if rep.valid]
    if len(scored) < LEAST_REPS:
        return False
    first, last = scored[FIRST], scored[LAST]

    def change(value: Callable[[RepBody], float | None]) -> float | None:
        early = [v for rep in first if (v := value(rep)) is not None]
        late = [v for rep in last if (v := value(rep)) is not None]
        return fmean(late) - fmean(early) if early and late else None

    loss = change(loss_share)
    ratio = change(lambda rep: rep.hinge_ratio)
    excess = change(lambda rep: rep.excess_drop_mm)
    down = change(lambda rep: rep.t_down_s)
    early_down = fmean(rep.t_down_s for rep in first)
    return (
        (loss is not None and loss > LOSS_SHARE)
        or (ratio is not None and ratio < -RATIO)
        or (excess is not None and excess > EXCESS_SHARE * 1e3 * stature_m)
        or (down is not None and early_down > 0 and abs(down) > DOWN_SHARE * early_down)
    )


def stop_advised(tired: Sequence[bool]) -> bool:
    """Two reps in a row after which the set looked tired: advise to end it."""
    return any(one and other for one, other in pairwise(tired))


def summarise(reps: Sequence[RepBody], stature_m: float) -> SetSummary:
    """The set so far."""
    scored = [rep for rep in reps if rep.valid]
    good = sum(rep.verdict == "GOOD" for rep in scored)

    def series(value: Callable[[RepBody], float | None]) -> list[float]:
        return [v for rep in scored if (v := value(rep)) is not None]

    tilt = series(lambda rep: rep.peak_tilt_deg)
    travel = series(lambda rep: rep.hip_travel_mm)
    return SetSummary(
        reps=len(reps),
        good=good,
        unscored=len(reps) - len(scored),
        good_share=good / len(scored) if scored else None,
        peak_tilt_deg=_spread(tilt),
        hip_travel_mm=_spread(travel),
        time_s=reps[-1].end_s - reps[0].start_s if reps else 0.0,
        drift_loss_ms=theil_sen([loss_share(rep) * 1e3 for rep in scored]),
        drift_tilt_deg=theil_sen(tilt),
        drift_ratio=theil_sen(series(lambda rep: rep.hinge_ratio)),
        drift_drop_mm=theil_sen(series(lambda rep: rep.hip_drop_mm)),
        drift_down_s=theil_sen(series(lambda rep: rep.t_down_s)),
        tired=is_tired(reps, stature_m),
    )


def _spread(values: Sequence[float]) -> Spread:
    if len(values) < 2:
        return Spread(values[0] if values else None, None, None)
    mean, sd = fmean(values), stdev(values)
    return Spread(mean, sd, sd / mean if mean else None)
