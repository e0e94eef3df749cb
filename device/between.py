"""What is shown between two sets: the one that is over, beside the one before, and what next."""

from __future__ import annotations

import msgspec

from device.limits import MDC
from device.progress import taps_of
from device.score import Score
from device.setup import Setting
from device.wall import Tap, distances, reach_of
from services.schema import RestView, SetAdvice, SetBody, SetChange

NO_REST_VIEW = frozenset({"SET_UP", "READY", "SET"})
"""States in which the person looks at what comes, not at what was."""
TAPS_KEPT = 20
NEW_MARK = frozenset({"closer", "further"})
"""Advice that moves the mark for the heels."""


def changes(now: SetBody, before: SetBody | None) -> tuple[SetChange, ...]:
    """Each measure beside the set before."""
    if before is None:
        return ()
    rows = []
    for measure, least in MDC.items():
        a, b = getattr(now, measure).mean, getattr(before, measure).mean
        real = None if a is None or b is None else abs(a - b) >= least
        rows.append(SetChange(measure, a, b, real))
    return tuple(rows)


class Between:
    """Made anew for each visit."""

    def __init__(self, setting: Setting, stature_m: float) -> None:
        self._setting = setting
        self._stature_m = stature_m
        self._heels_m = mark_m(setting, stature_m)
        self._taps: tuple[Tap, ...] = ()
        self._moved = False
        """The mark has been moved by taps that were missed, or never were."""
        self._view: RestView | None = None

    @property
    def heels_cm(self) -> int | None:
        """Where the heels should stand, in drills with a mark."""
        return None if self._heels_m is None else round(100 * self._heels_m)

    def set_ended(self, score: Score, said: SetAdvice) -> None:
        """Look at the set that has just ended (``score.last``); ``said``: what to do next."""
        if score.last is None:
            return
        self._taps = (*self._taps, *taps_of(score.reps))[-TAPS_KEPT:]
        if self._heels_m is not None and said.code in NEW_MARK and said.heels_m is not None:
            self._heels_m = said.heels_m
            self._moved = True
        elif self._taps and not self._moved:
            # Taps that were seen say better than the formula how far this person reaches.
            reach = reach_of(self._stature_m, self._taps)
            self._heels_m = mark_m(self._setting, self._stature_m, reach)
        self._view = RestView(
            left_s=self._setting.rest_s,
            rest_s=self._setting.rest_s,
            now=score.last,
            before=score.before,
            changes=changes(score.last, score.before),
            tilts_deg=tuple(rep.peak_tilt_deg for rep in score.reps),
            travels_mm=tuple(rep.hip_travel_mm for rep in score.reps),
            advice=said if said.text else None,
        )

    def view(self, state: str, t_s: float) -> RestView | None:
        """For a frame at ``t_s`` (s since the origin)."""
        if self._view is None or state in NO_REST_VIEW:
            return None
        rested_s = t_s - self._view.now.end_s
        left_s = max(0, round(self._view.rest_s - rested_s))
        return msgspec.structs.replace(self._view, left_s=left_s)


def mark_m(setting: Setting, stature_m: float, reach: float = 1.0) -> float | None:
    """Heels to the wall: the distance that was chosen, or the drill's; None without a mark.
    ``reach``: of this person (``wall.reach_of``)."""
    drill = setting.drill
    name = setting.distance
    if name is None:
        if drill.tap:
            name = "first tap"
        elif drill.reach_share is not None:
            name = "a few feet"
    return next((each.heels_m for each in distances(stature_m, reach) if each.name == name), None)
