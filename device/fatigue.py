"""Whether a set is turning bad, so that resting is better than going on.

The last three scored reps against the second to fourth: 15 points more contact loss, a hinge
ratio lower by 0.15, 1 % of stature more excess drop, or a way down longer or shorter by 30 %.
People and their measuring scatter, and one bad rep is no fatigue: so the middle rep of each three
is compared, and the change must stand out of the set itself (``drift``), either as a trend through
all of it, or as a step far beyond what lies between one rep and the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from device.drift import scatter, trend_sds
from services.schema import RepBody

FIRST, LAST = slice(1, 4), slice(-3, None)
LEAST_REPS = 6
LOSS_SHARE = 0.15
RATIO = 0.15
EXCESS_SHARE = 0.01
DOWN_SHARE = 0.30
TREND_SDS = 2.0
STEP_SDS = 3.0


class Change(NamedTuple):
    """Of one measure, from the second to fourth rep to the last three."""

    value: float
    before: float


def loss_share(rep: RepBody) -> float:
    """Lost time of the worst pad as a share of the rep."""
    loss = rep.contact_loss_ms
    worst = max((ms or 0 for ms in (loss.head, loss.thoracic, loss.sacrum)), default=0)
    return worst * 1e-3 / max(rep.end_s - rep.start_s, 1e-6)


def change_of(reps: Sequence[RepBody], value: Callable[[RepBody], float | None]) -> Change | None:
    """None where it is not known, or does not stand out of the set's own scatter."""
    early = [v for rep in reps[FIRST] if (v := value(rep)) is not None]
    late = [v for rep in reps[LAST] if (v := value(rep)) is not None]
    if not early or not late:
        return None
    before = median(early)
    changed = median(late) - before
    series = [v for rep in reps if (v := value(rep)) is not None]
    way = 1.0 if changed > 0 else -1.0
    trend = way * trend_sds(series) >= TREND_SDS
    step = abs(changed) >= STEP_SDS * scatter(series)
    return Change(changed, before) if trend or step else None


def is_tired(reps: Sequence[RepBody], stature_m: float) -> bool:
    """Whether the last three scored reps are clearly worse than the second to fourth."""
    scored = [rep for rep in reps if rep.valid]
    if len(scored) < LEAST_REPS:
        return False
    loss = change_of(scored, loss_share)
    ratio = change_of(scored, lambda rep: rep.hinge_ratio)
    excess = change_of(scored, lambda rep: rep.excess_drop_mm)
    down = change_of(scored, lambda rep: rep.t_down_s)
    return (
        (loss is not None and loss.value > LOSS_SHARE)
        or (ratio is not None and ratio.value < -RATIO)
        or (excess is not None and excess.value > EXCESS_SHARE * 1e3 * stature_m)
        or (down is not None and abs(down.value) > DOWN_SHARE * down.before)
    )


def stop_advised(tired: Sequence[bool]) -> bool:
    """Two reps in a row after which the set looked tired: advise to end it."""
    return any(one and other for one, other in pairwise(tired))
