"""What a cohort comes to: counts, names, cues, delays, errors, each beside its goal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from device.config_model import Config
from device.workbench.cohort_goals import all_goals
from device.workbench.cohort_parts import (
    ALL_BEAMS,
    NEAR_BEAMS,
    Band,
    BeamErrors,
    Goal,
    Named,
    Parting,
    false_cues,
    is_good,
)
from device.workbench.cohort_people import FAULTS, GOOD_SETS, Person
from device.workbench.cohort_run import LossRow, PersonResult, RepRow, SetRow
from device.workbench.cohort_stats import Delay, Share, area, delay, off, share


class CohortReport(msgspec.Struct, frozen=True):
    """The whole evaluation. ``reps`` and ``people`` are all it rests on."""

    people_n: int
    seed: int
    stage: str
    played_s: float
    goals: list[Goal]
    named: list[Named]
    partings: list[Parting]
    errors: list[BeamErrors]
    bands: list[Band]
    lamp: Delay
    unscored: Share
    people: list[Person]
    sets: list[SetRow]
    reps: list[RepRow]
    losses: list[LossRow]

    @property
    def missed_goals(self) -> list[Goal]:
        return [goal for goal in self.goals if goal.reached is False]


FIRST_NAME = {
    "squat": "KNEE_DRIVEN",
    "knees_first": "KNEES_FIRST",
    "trunk_bend": "HIPS_NOT_BACK",
    "trunk_bend_mild": "HIPS_NOT_BACK",
    "rounding": "SACRUM",
    "rounding_mild": "SACRUM",
    "head_drop": "HEAD",
    "hinge": "GOOD",
}

FEATURES: dict[str, Callable[[RepRow], float | None]] = {
    "excess drop": lambda row: row.measured_excess_mm,
    "shin": lambda row: row.measured_shin_deg,
    "ratio (low)": lambda row: None if row.measured_ratio is None else -row.measured_ratio,
}
"""Larger = more like a fault."""

BANDS: tuple[tuple[str, Callable[[Person], float], tuple[tuple[str, float, float], ...]], ...] = (
    (
        "stature m",
        lambda p: p.stature_m,
        (("1.50-1.65", 0, 1.65), ("1.65-1.85", 1.65, 1.85), ("1.85-2.00", 1.85, 9)),
    ),
    (
        "girth",
        lambda p: p.girth,
        (("0.85-1.00", 0, 1.0), ("1.00-1.20", 1.0, 1.2), ("1.20-1.35", 1.2, 9)),
    ),
    (
        "descent s",
        lambda p: p.down_s,
        (("0.9-1.4", 0, 1.4), ("1.4-2.0", 1.4, 2.0), ("2.0-2.6", 2.0, 9)),
    ),
    (
        "beam cm",
        lambda p: 100 * p.beam_m,
        (("-10..-5", -99, -5), ("-5..0", -5, 0), ("0..+5", 0, 99)),
    ),
    (
        "touch and go",
        lambda p: p.touch_and_go,
        (("never", -1, 1e-9), ("some", 1e-9, 1.0), ("always", 1.0, 9)),
    ),
    (
        "gap m",
        lambda p: p.gap_m,
        (("0.25-0.35", 0, 0.35), ("0.35-0.48", 0.35, 0.48), ("0.48-0.60", 0.48, 9)),
    ),
    (
        "stature typed",
        lambda p: float(p.typed_stature_m is not None),
        (("no", 0, 1), ("yes", 1, 2)),
    ),
    ("pads", lambda p: float(p.pads != "none"), (("none", 0, 1), ("fsr", 1, 2))),
    (
        "pad opens deg",
        lambda p: p.sacrum_opens_deg,
        (("4-10", 0, 10), ("10-14", 10, 14), ("14-20", 14, 99)),
    ),
)


def report(config: Config, seed: int, results: Sequence[PersonResult]) -> CohortReport:
    """Add up what came of every person; in the order of their numbers, whoever was first."""
    results = sorted(results, key=lambda result: result.person.number)
    people = [result.person for result in results]
    sets = [row for result in results for row in result.sets]
    reps = [row for result in results for row in result.reps]
    losses = [row for result in results for row in result.losses]
    with_pads = {person.number for person in people if person.pads != "none"}
    named = _named(reps, with_pads)
    errors = _errors(people, reps)
    bands = _bands(people, sets, reps)
    listed = [row.verdict == "UNSCORED" for row in reps if row.verdict is not None]
    return CohortReport(
        people_n=len(people),
        seed=seed,
        stage=config.practice.stage,
        played_s=round(sum(result.played_s for result in results), 1),
        goals=all_goals(config, people, sets, reps, losses, named, errors, bands),
        named=named,
        partings=_partings(reps, seed),
        errors=errors,
        bands=bands,
        lamp=delay([row.lamp_ms for row in losses if row.lamp_ms is not None]),
        unscored=share(listed),
        people=people,
        sets=sets,
        reps=reps,
        losses=losses,
    )


def _named(reps: Sequence[RepRow], with_pads: set[int]) -> list[Named]:
    found = []
    for pattern in ("hinge", *FAULTS):
        for pads in ("fsr", "none"):
            rows = [
                row
                for row in reps
                if row.pattern == pattern
                and (row.person in with_pads) == (pads == "fsr")
                and (row.set in GOOD_SETS if pattern == "hinge" else row.set != "mixed")
            ]
            if pattern == "hinge":
                rows = [row for row in rows if not row.opened]
            if not rows:
                continue
            names: dict[str, int] = {}
            for row in rows:
                name = row.verdict or "missed"
                names[name] = names.get(name, 0) + 1
            who = [row.person for row in rows]
            found.append(
                Named(
                    pattern,
                    pads,
                    share([row.accepted for row in rows], who),
                    share([row.verdict == FIRST_NAME[pattern] for row in rows], who),
                    dict(sorted(names.items(), key=lambda item: -item[1])),
                )
            )
    return found


def _partings(reps: Sequence[RepRow], seed: int) -> list[Parting]:
    found = []
    for feature, value in FEATURES.items():
        good = [(r.person, v) for r in reps if is_good(r) and (v := value(r)) is not None]
        for pattern in FAULTS:
            bad = [
                (r.person, v) for r in reps if r.pattern == pattern and (v := value(r)) is not None
            ]
            found.append(Parting(pattern, feature, area(good, bad, seed)))
    return found


def _errors(people: Sequence[Person], reps: Sequence[RepRow]) -> list[BeamErrors]:
    beam_cm = {person.number: 100 * person.beam_m for person in people}
    bands = (
        (ALL_BEAMS, -99.0, 99.0),
        ("-10..-5 cm", -99.0, -5.0),
        (NEAR_BEAMS, -5.0, 0.0),
        ("0..+5 cm", 0.0, 99.0),
    )
    found = []
    for name, low, high in bands:
        rows = [r for r in reps if is_good(r) and low <= beam_cm[r.person] < high]
        found.append(
            BeamErrors(
                name,
                off([_less(r.measured_tilt_deg, r.tilt_deg) for r in rows]),
                off([_less(r.measured_travel_mm, r.travel_mm) for r in rows]),
                off([_less(r.measured_drop_mm, r.drop_mm) for r in rows]),
                off([_less(r.measured_shin_deg, r.shin_deg) for r in rows]),
                off([_less(r.measured_ratio, r.ratio) for r in rows]),
            )
        )
    return found


def _less(measured: float | None, truth: float | None) -> float | None:
    return None if measured is None or truth is None else measured - truth


def _bands(people: Sequence[Person], sets: Sequence[SetRow], reps: Sequence[RepRow]) -> list[Band]:
    false = false_cues(sets, reps)
    found = []
    for what, value, limits in BANDS:
        for name, low, high in limits:
            inside = {p.number for p in people if low <= value(p) < high}
            mine = [r for r in reps if r.person in inside]
            good = [r for r in mine if is_good(r)]
            knees = [r for r in mine if r.pattern in ("squat", "knees_first") and r.set != "mixed"]
            found.append(
                Band(
                    what,
                    name,
                    len(inside),
                    share([s.exact for s in sets if s.person in inside]),
                    share([r.accepted for r in good], [r.person for r in good]),
                    share([false.get(number, 0) <= 1 for number in sorted(inside)]),
                    share([r.accepted for r in knees], [r.person for r in knees]),
                )
            )
    return found
