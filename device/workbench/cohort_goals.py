"""The numbers asked for, each with what came out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from device.config_model import Config
from device.limits import HEAD_SOUND_MS, LOG, STAGES
from device.workbench.cohort_parts import (
    ALL_BEAMS,
    NEAR_BEAMS,
    Band,
    BeamErrors,
    Goal,
    Named,
    false_cues,
    is_good,
)
from device.workbench.cohort_people import Person
from device.workbench.cohort_run import LossRow, RepRow, SetRow
from device.workbench.cohort_stats import Delay, Share, delay, share

LIVE_S = 0.8
FAST_BUS_HZ = 400_000
ASKED_BANDS = ("stature m", "girth", "descent s")
"""Bands in each of which the goal of false cues must be reached."""


def all_goals(
    config: Config,
    people: Sequence[Person],
    sets: Sequence[SetRow],
    reps: Sequence[RepRow],
    losses: Sequence[LossRow],
    named: Sequence[Named],
    errors: Sequence[BeamErrors],
    bands: Sequence[Band],
) -> list[Goal]:
    """Every goal in the order of the table."""
    return [
        *_count_goals(sets),
        *_name_goals(named),
        *_good_goals(people, sets, reps, bands),
        *_live_goals(reps),
        *_error_goals(errors),
        *_delay_goals(config, losses),
    ]


def _at_least(name: str, goal: float | None, found: Share) -> Goal:
    reached = None if goal is None or found.share is None else found.share >= goal
    text = "reported" if goal is None else f">= {100 * goal:g} %"

    def percent(value: float | None) -> float | None:
        return None if value is None else round(100 * value, 2)

    return Goal(
        name, text, percent(found.share), "%", found.n,
        percent(found.low), percent(found.high), reached,
    )  # fmt: skip


def _at_most(
    name: str, goal: float | None, value: float | None, unit: str, n: int, *, size: bool = False
) -> Goal:
    """``size``: the value's sign does not matter."""
    reached = None
    if goal is not None and value is not None:
        reached = (abs(value) if size else value) <= goal
    text = "reported" if goal is None else f"<= {goal:g} {unit}"
    return Goal(name, text, value, unit, n, None, None, reached)


def _count_goals(sets: Sequence[SetRow]) -> list[Goal]:
    exact = share([row.exact for row in sets], [row.person for row in sets])
    touch = [row for row in sets if row.touch_and_go]
    done = sum(row.reps for row in sets)
    ghosts, missed = sum(row.ghosts for row in sets), sum(row.missed for row in sets)

    def per_rep(name: str, goal: float | None, count: int) -> Goal:
        return _at_most(name, goal, round(100 * count / done, 3) if done else None, "%", done)

    return [
        _at_least("sets of ten counted exactly", 0.99, exact),
        _at_least(
            "the same, sets with touch-and-go",
            0.99,
            share([row.exact for row in touch], [row.person for row in touch]),
        ),
        per_rep("ghost reps", 0.5, ghosts),
        per_rep("missed reps", None, missed),
        per_rep("UNSCORED reps", None, sum(row.unscored for row in sets)),
    ]


def _name_goals(named: Sequence[Named]) -> list[Goal]:
    def of(pattern: str, pads: str) -> tuple[Share, Share]:
        nothing = Share(0, 0, None, None, None)
        return next(
            ((n.accepted, n.exact_name) for n in named if (n.pattern, n.pads) == (pattern, pads)),
            (nothing, nothing),
        )

    asked = (
        ("squats named KNEE_DRIVEN or KNEES_FIRST", "squat", 0.99),
        ("knees-first named so, or KNEE_DRIVEN", "knees_first", 0.97),
        ("trunk-only bend named HIPS_NOT_BACK or a pad", "trunk_bend", 0.97),
        ("mild trunk-only bend named", "trunk_bend_mild", None),
        ("rounding named a pad or HIPS_NOT_BACK", "rounding", 0.98),
        ("mild rounding named", "rounding_mild", 0.80),
        ("dropped head named HEAD", "head_drop", 0.97),
    )
    goals = []
    for text, pattern, goal in asked:
        goals.append(_at_least(text, goal, of(pattern, "fsr")[0]))
        if pattern.startswith("rounding"):
            goals.append(_at_least("  by SACRUM", None, of(pattern, "fsr")[1]))
        goals.append(_at_least("  without pads", None, of(pattern, "none")[0]))
    return goals


def _good_goals(
    people: Sequence[Person],
    sets: Sequence[SetRow],
    reps: Sequence[RepRow],
    bands: Sequence[Band],
) -> list[Goal]:
    good = [row for row in reps if is_good(row)]
    false = false_cues(sets, reps)
    calm = share([false.get(person.number, 0) <= 1 for person in people])
    asked = [b for b in bands if b.what in ASKED_BANDS and b.calm_people.n]
    goals = [
        _at_least(
            "good reps (pads closed) named GOOD",
            0.95,
            share([row.accepted for row in good], [row.person for row in good]),
        ),
        _at_least("people with at most one false cue in 30 good reps", 0.90, calm),
    ]
    for text, goal, shares in (
        ("  worst band, good reps", 0.95, [(b.good_named, b) for b in asked]),
        ("  worst band, people", 0.90, [(b.calm_people, b) for b in asked]),
    ):
        known = [(found, b) for found, b in shares if found.share is not None]
        if known:
            worst, band = min(known, key=lambda pair: pair[0].share or 0.0)
            goals.append(_at_least(f"{text}: {band.what} {band.band}", goal, worst))
    return goals


def _live_goals(reps: Sequence[RepRow]) -> list[Goal]:
    squats = [r for r in reps if r.pattern == "squat"]
    in_time = [r.live_cue_s is not None and r.live_cue_s <= LIVE_S for r in squats]
    good = [r for r in reps if is_good(r)]
    false = sum(r.live_cue_s is not None for r in good)
    return [
        _at_least(
            f"squats told live within {LIVE_S:g} s of onset",
            0.90,
            share(in_time, [r.person for r in squats]),
        ),
        _at_most(
            "false live squat cues per 30 good reps",
            1.0,
            round(30 * false / len(good), 2) if good else None,
            "cues",
            len(good),
        ),
    ]


def _error_goals(errors: Sequence[BeamErrors]) -> list[Goal]:
    whole = next(e for e in errors if e.beam == ALL_BEAMS)
    near = next(e for e in errors if e.beam == NEAR_BEAMS)
    n = whole.drop_mm.n
    return [
        _at_most("tilt RMSE, good reps", 1.0, whole.tilt_deg.rmse, "deg", whole.tilt_deg.n),
        _at_most(
            f"travel RMSE, beam {near.beam}", 10.0, near.travel_mm.rmse, "mm", near.travel_mm.n
        ),
        _at_most(
            f"travel RMSE, beam {whole.beam}", 25.0, whole.travel_mm.rmse, "mm", whole.travel_mm.n
        ),
        _at_most("drop SD", 15.0, whole.drop_mm.sd, "mm", n),
        _at_most("drop bias", 6.0, whole.drop_mm.bias, "mm", n, size=True),
        _at_most("shin RMSE", 5.5, whole.shin_deg.rmse, "deg", whole.shin_deg.n),
        _at_most("ratio bias", None, whole.ratio.bias, "", whole.ratio.n),
    ]


def _delay_goals(config: Config, losses: Sequence[LossRow]) -> list[Goal]:
    lamp_ms = 40.0 if config.bus.dowel.hz >= FAST_BUS_HZ else 60.0
    sound_ms = STAGES[config.practice.stage].sound_ms

    def goal(name: str, limit: float, found: Delay) -> list[Goal]:
        return [
            _at_most(f"{name}, p50", None, found.p50_ms, "ms", found.n),
            _at_most(f"{name}, p95", limit, found.p95_ms, "ms", found.n),
        ]

    def of(head: bool, value: Callable[[LossRow], float | None]) -> Delay:
        rows = [row for row in losses if (row.pad == "head") == head]
        return delay([ms for row in rows if (ms := value(row)) is not None])

    goals = goal(
        "pad opens -> lamp", lamp_ms, delay([r.lamp_ms for r in losses if r.lamp_ms is not None])
    )
    for head, pads, event_ms, told_ms in (
        (False, "sacrum, thoracic", LOG.contact_ms, sound_ms),
        (True, "head", LOG.head_ms, HEAD_SOUND_MS),
    ):
        goals += goal(
            f"pad opens -> fault event ({pads})", event_ms + lamp_ms, of(head, lambda r: r.event_ms)
        )
        goals += goal(
            f"pad opens -> sound ({pads})", told_ms + 30.0, of(head, lambda r: r.sound_ms)
        )
    return goals
