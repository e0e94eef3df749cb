"""A set of reps in numbers: shares, spread, and whether the person is tiring.

Drift is the Theil-Sen slope a rep (Theil 1950, Sen 1968): the median of the slopes of all pairs,
which a single odd rep does not move. Fatigue compares the last three reps with the second to
fourth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import fmean, median, stdev

from services.schema import RepBody, SetBody, Spread

FIRST, LAST = slice(1, 4), slice(-3, None)
LEAST_REPS = 6
LEAST_ADVICE = 2
LOSS_SHARE = 0.15
RATIO = 0.15
EXCESS_SHARE = 0.01
DOWN_SHARE = 0.30


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


def main_fault(reps: Sequence[RepBody]) -> tuple[str | None, int]:
    """The code that most scored reps were named by, and how many; ties to the first seen.

    Where all are good: the advice that at least two of them were given; else None.
    """
    named = Counter(rep.verdict for rep in reps if rep.valid and rep.verdict != "GOOD")
    if named:
        return named.most_common(1)[0]
    advice = Counter(
        code
        for rep in reps
        if rep.valid
        for code in dict.fromkeys(fault.code for fault in rep.faults if fault.level == "rep")
    )
    for code, count in advice.most_common(1):
        if count >= LEAST_ADVICE:
            return code, count
    return None, 0


def summarise(
    reps: Sequence[RepBody],
    stature_m: float,
    *,
    ended: str,
    rest_before_s: float | None = None,
    advised: bool = False,
    retention: float | None = None,
) -> SetBody:
    """A set of at least one rep. ``advised``: stopping it was advised while it lasted."""
    scored = [rep for rep in reps if rep.valid]
    good = sum(rep.verdict == "GOOD" for rep in scored)

    def series(value: Callable[[RepBody], float | None]) -> list[float]:
        return [v for rep in scored if (v := value(rep)) is not None]

    tilt = series(lambda rep: rep.peak_tilt_deg)
    travel = series(lambda rep: rep.hip_travel_mm)
    ratio = series(lambda rep: rep.hinge_ratio)
    down = series(lambda rep: rep.t_down_s)
    worst, worst_reps = main_fault(reps)
    return SetBody(
        start_s=reps[0].start_s,
        end_s=reps[-1].end_s,
        time_s=round(reps[-1].end_s - reps[0].start_s, 4),
        rest_before_s=None if rest_before_s is None else round(rest_before_s, 4),
        ended=ended,
        reps=len(reps),
        good=good,
        unscored=len(reps) - len(scored),
        good_share=_rounded(good / len(scored) if scored else None),
        main_fault=worst,
        main_fault_reps=worst_reps,
        peak_tilt_deg=spread(tilt),
        hip_travel_mm=spread(travel),
        hinge_ratio=spread(ratio),
        t_down_s=spread(down),
        t_hold_s=spread(series(lambda rep: rep.t_hold_s)),
        t_up_s=spread(series(lambda rep: rep.t_up_s)),
        drift_loss_ms=_rounded(theil_sen([loss_share(rep) * 1e3 for rep in scored])),
        drift_tilt_deg=_rounded(theil_sen(tilt)),
        drift_ratio=_rounded(theil_sen(ratio)),
        drift_drop_mm=_rounded(theil_sen(series(lambda rep: rep.hip_drop_mm))),
        drift_down_s=_rounded(theil_sen(down)),
        tired=is_tired(reps, stature_m),
        stop_advised=advised,
        retention=_rounded(retention),
    )


def spread(values: Sequence[float]) -> Spread:
    """Of a sample; SD and CV need two values."""
    if len(values) < 2:
        return Spread(_rounded(values[0]) if values else None)
    mean, sd = fmean(values), stdev(values)
    return Spread(_rounded(mean), _rounded(sd), _rounded(sd / mean if mean else None))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4) + 0.0
