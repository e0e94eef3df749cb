"""A set of reps in numbers: shares, spread and drift (see ``drift`` and ``fatigue``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import fmean, stdev

from device.drift import theil_sen
from device.fatigue import is_tired, loss_share
from services.schema import RepBody, SetBody, Spread

LEAST_ADVICE = 2


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

    def drift(value: Callable[[RepBody], float | None]) -> float | None:
        return _rounded(theil_sen([value(rep) if rep.valid else None for rep in reps]))

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
        drift_loss_ms=drift(lambda rep: loss_share(rep) * 1e3),
        drift_tilt_deg=drift(lambda rep: rep.peak_tilt_deg),
        drift_ratio=drift(lambda rep: rep.hinge_ratio),
        drift_drop_mm=drift(lambda rep: rep.hip_drop_mm),
        drift_down_s=drift(lambda rep: rep.t_down_s),
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
