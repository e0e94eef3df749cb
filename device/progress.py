"""What a set says of the next one: dose, gates, where to stand, easier or harder.

Pure: reps and answers in, advice out. Pain and where it was felt are answers that somebody
gives; without them no gate opens. A practice aid, not a diagnosis.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, median, stdev
from typing import Literal, NamedTuple

from device.drills import DRILLS, Drill
from device.drills.drill import CONTACT_CODES, Gate
from device.sets import main_fault
from device.wall import (
    FIRST_TAP_DEG,
    REST_DEG,
    Tap,
    heels_for_tap_m,
    next_distance_m,
    stand_off_m,
)
from services.schema import RepBody, SetAdvice

FULL_SHARE = 0.8
"""A set counts for a gate when so much of its dose was scored."""
POOR_SHARE = 0.5
"""Under this share of good reps the easier drill is the better one."""
STOP_PAIN = 5
STOP_RISE = 2
START_DRILLS: dict[str, str] = {
    "KNEE_DRIVEN": "butt_taps",
    "KNEES_FIRST": "butt_taps",
    "HIPS_NOT_BACK": "butt_taps",
    "SACRUM": "dowel",
    "THORACIC": "dowel",
    "HEAD": "lockout",
    "ALL_LOST": "dowel",
    "OVERARCH": "lockout",
}
"""The screen's main fault, and the drill that begins with it."""
START_GOOD = "dowel"

Felt = Literal["hamstrings", "glutes", "back", "other"]


class SetResult(NamedTuple):
    """Of one set: reps that were scored, and those of them that were good."""

    scored: int
    good: int


class Answers(NamedTuple):
    """What the person said after the set; None: not asked or not answered."""

    pain: int | None = None
    """0 to 10."""
    felt: frozenset[Felt] | None = None


class Passed(NamedTuple):
    """Whether the gate is open, and if not, all that keeps it shut."""

    ok: bool
    why: tuple[str, ...]


def may_progress(gate: Gate, dose_reps: int, sets: Sequence[SetResult], answers: Answers) -> Passed:
    """Whether the next drill is open. ``sets``: oldest first; only the last ones count."""
    why = []
    last = sets[-gate.sets :]
    full = [result for result in last if result.scored >= FULL_SHARE * dose_reps]
    if len(full) < gate.sets:
        why.append(f"{len(full)} of {gate.sets} full sets")
    poor = [result for result in full if result.good < gate.good_share * result.scored]
    if poor:
        why.append(f"{len(poor)} of the last {gate.sets} sets under {gate.good_share:.0%} good")
    if answers.pain is None:
        why.append("pain not answered")
    elif answers.pain > gate.most_pain:
        why.append(f"pain {answers.pain} of 10, at most {gate.most_pain}")
    if gate.not_felt_in_back:
        if answers.felt is None:
            why.append("where it was felt not answered")
        elif "back" in answers.felt:
            why.append("felt in the back")
        elif gate.felt_in and not gate.felt_in & answers.felt:
            why.append(f"not felt in {' or '.join(sorted(gate.felt_in))}")
    return Passed(not why, tuple(why))


def must_stop(pain_before: int | None, pain_now: int) -> bool:
    """The stop rule: pain above 5 of 10, or up by 2 within the set."""
    return pain_now > STOP_PAIN or (pain_before is not None and pain_now - pain_before >= STOP_RISE)


def set_result(reps: Sequence[RepBody]) -> SetResult:
    """A set as the gate sees it."""
    scored = [rep for rep in reps if rep.valid]
    return SetResult(len(scored), sum(rep.verdict == "GOOD" for rep in scored))


def start_drill(reps: Sequence[RepBody]) -> str | None:
    """The screen's choice; None when nothing of it could be scored."""
    if not any(rep.valid for rep in reps):
        return None
    fault, _ = main_fault(reps)
    return START_DRILLS.get(fault or "GOOD", START_GOOD)


def period_cv(reps: Sequence[RepBody]) -> float | None:
    """Variation of the time from bottom to bottom: SD over mean; None under three reps."""
    periods = [b.bottom_s - a.bottom_s for a, b in pairwise(reps)]
    if len(periods) < 2:
        return None
    mean = fmean(periods)
    return stdev(periods) / mean if mean > 0 else None


def rest_gap_m(rep: RepBody) -> float | None:
    """Butt to wall before the rep, where it was seen."""
    if rep.hip_travel_mm is None or rep.tap_gap_mm is None:
        return None
    return 1e-3 * (rep.hip_travel_mm + rep.tap_gap_mm)


def taps_of(reps: Sequence[RepBody]) -> tuple[Tap, ...]:
    """The taps of which gap and tilt are known."""
    return tuple(
        Tap(gap_m, rep.tap_tilt_deg + REST_DEG)
        for rep in reps
        if rep.valid
        and rep.tapped
        and rep.tap_tilt_deg is not None
        and (gap_m := rest_gap_m(rep)) is not None
    )


def furthest_tap_m(reps: Sequence[RepBody]) -> float | None:
    """The widest gap that was tapped with the contacts kept: the distance ladder's record."""
    gaps = [
        gap
        for rep in reps
        if rep.valid
        and rep.tapped
        and not {fault.code for fault in rep.faults} & CONTACT_CODES
        and (gap := rest_gap_m(rep)) is not None
    ]
    return max(gaps, default=None)


def advise(
    drill: Drill, reps: Sequence[RepBody], stature_m: float, heels_m: float | None = None
) -> SetAdvice:
    """What a finished set says. ``heels_m``: where the person stood, when that is known better
    than from the gap that was measured."""
    if not drill.judged or not any(rep.valid for rep in reps):
        return SetAdvice("same", "")
    if drill.silent:
        return _start(reps)
    if drill.tap:
        tap = _tap_advice(drill, reps, stature_m, heels_m)
        if tap is not None:
            return tap
    result = set_result(reps)
    share = result.good / result.scored
    if share < POOR_SHARE and drill.easier is not None:
        return _to("easier", drill.easier, drill.regress)
    full = result.scored >= FULL_SHARE * drill.reps
    if full and share >= drill.gate.good_share and drill.harder is not None:
        return _to("harder", drill.harder, drill.progress)
    return SetAdvice("same", "Once more the same")


def _to(code: Literal["easier", "harder"], drill: str, words: str) -> SetAdvice:
    title = DRILLS[drill].title
    return SetAdvice(code, f"{words}: {title}" if words else title, drill=drill)


def _start(reps: Sequence[RepBody]) -> SetAdvice:
    chosen = start_drill(reps) or START_GOOD
    return SetAdvice("start", f"Start with: {DRILLS[chosen].title}", drill=chosen)


def _tap_advice(
    drill: Drill, reps: Sequence[RepBody], stature_m: float, heels_m: float | None
) -> SetAdvice | None:
    taps = tuple(rep.tapped for rep in reps if rep.valid and rep.tapped is not None)
    if drill.ladder:
        gap_m = furthest_tap_m(reps)
        if gap_m is None:
            return None
        mark_m = round(gap_m + stand_off_m(stature_m), 2)
        return SetAdvice("record", f"Furthest tap: heels at {_cm(mark_m)}", heels_m=mark_m)
    if heels_m is None:
        gaps = [gap for rep in reps if rep.valid and (gap := rest_gap_m(rep)) is not None]
        if not gaps:
            return None
        heels_m = median(gaps) + stand_off_m(stature_m)
    heels_m = round(heels_m, 3)
    new_m = round(next_distance_m(heels_m, taps), 3)
    if new_m < heels_m:
        if heels_m <= round(heels_for_tap_m(stature_m, FIRST_TAP_DEG, REST_DEG), 3):
            return SetAdvice("wider", "Set the feet wider", heels_m=heels_m)
        step = 100 * (heels_m - new_m)
        return SetAdvice(
            "closer", f"Move {step:.0f} cm closer: heels at {_cm(new_m)}", heels_m=new_m
        )
    if new_m > heels_m:
        step = 100 * (new_m - heels_m)
        return SetAdvice("further", f"{step:.0f} cm further: heels at {_cm(new_m)}", heels_m=new_m)
    return None


def _cm(metres: float) -> str:
    return f"{100 * metres:.0f} cm"
