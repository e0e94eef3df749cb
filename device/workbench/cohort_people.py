"""Random people and the sets they do: assumptions about people, not measured ones.

Spreads after the body model (``drivers.sim.body``); half of the variance of every parameter of a
rep is the person's own and returns in each of their reps, the other half is new in every rep.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np

from drivers.sim.body import Body, Posture, Rep, draw_rep, posture_of, standing
from drivers.sim.motion import Motion

RATE_HZ = 120.0
STAND_S = 1.5
"""Standing tall before the first rep of a set and after its last."""
REPS = 10
GOOD_SETS = ("good 1", "good 2", "good 3")
FAULTS = (
    "squat",
    "knees_first",
    "trunk_bend",
    "trunk_bend_mild",
    "rounding",
    "rounding_mild",
    "head_drop",
)
SETS = (*GOOD_SETS, *FAULTS, "mixed")
"""What each person does, a set of ten each."""
FASTEST_S = 0.9
SLOWEST_S = 2.6
LEAST_PAUSE_S = 0.1
GAP_M = (0.25, 0.60)
BEAM_M = (-0.10, 0.05)
REACH_SHARE = 0.135
"""Hip travel per stature of the deepest hinge drawn: nobody stands nearer to the wall."""


class Person(msgspec.Struct, frozen=True):
    """Somebody at the wall, and how the station stands to them."""

    number: int
    stature_m: float
    typed_stature_m: float | None
    """As typed at the station; None: not typed."""
    shank: float
    thigh: float
    trunk: float
    """Factors on the usual proportions."""
    girth: float
    down_s: float
    up_s: float
    touch_and_go: float
    """Share of this person's reps that follow the one before without a pause."""
    pause_s: float
    """Usual pause between other reps."""
    sway_mm: float
    gap_m: float
    beam_m: float
    """Height of the beam over the hip joint."""
    sacrum_opens_deg: float
    pads: Literal["fsr", "none"]
    seed: int

    @property
    def body(self) -> Body:
        return Body(self.stature_m, self.girth, self.shank, self.thigh, self.trunk)


class PlannedRep(NamedTuple):
    """A rep of a set: what it is, and from when to when (s from the motion's first sample)."""

    rep: Rep
    start_s: float
    end_s: float
    touch_and_go: bool
    """It began the instant the one before it ended."""


class PlannedSet(NamedTuple):
    """Ten reps as one motion."""

    name: str
    motion: Motion
    reps: tuple[PlannedRep, ...]
    sway_seed: int
    sensor_seed: int


class Habits(np.random.Generator):
    """Draws whose normal part is by half (of the variance) the person's own.

    The n-th normal number of every rep shares its own part with the n-th of every other rep;
    call ``next_rep`` before each. Uniform numbers are new each time.
    """

    def __init__(self, own_seed: list[int], rep_seed: list[int]) -> None:
        super().__init__(np.random.PCG64(np.random.SeedSequence(rep_seed)))
        self._source = np.random.default_rng(own_seed)
        self._own: list[float] = []
        self._at = 0

    def next_rep(self) -> None:
        self._at = 0

    def normal(self, *args: Any, **kwargs: Any) -> Any:
        """One standard normal number; raises ``ValueError`` when asked for anything else."""
        if args or kwargs:
            raise ValueError(f"normal{args}{kwargs}, expected no argument: one number at a time")
        while len(self._own) <= self._at:
            self._own.append(float(self._source.standard_normal()))
        own = self._own[self._at]
        self._at += 1
        return float(np.sqrt(0.5)) * (own + float(self.standard_normal()))


def draw_person(seed: int, number: int) -> Person:
    """Person ``number`` of the cohort ``seed``: the same whoever else is in it."""
    rng = np.random.default_rng([seed, number])

    def within(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    stature_m = within(1.5, 2.0)
    shank, thigh, trunk = (1 + 0.03 * rng.normal(size=3).clip(-2, 2)).tolist()
    girth = within(0.85, 1.35)
    down_s = within(FASTEST_S, SLOWEST_S)
    up_s = float(np.clip(down_s * within(0.8, 1.2), FASTEST_S, SLOWEST_S))
    # Half the people always pause, a quarter never does, a quarter does both.
    touch_and_go = (0.0, 0.0, 1.0, within(0.0, 1.0))[int(rng.integers(4))]
    typed_m = round(stature_m * (1 + 0.01 * float(np.clip(rng.normal(), -2.0, 2.0))), 2)
    return Person(
        number=number,
        stature_m=stature_m,
        typed_stature_m=typed_m if rng.random() < 0.5 else None,
        shank=shank,
        thigh=thigh,
        trunk=trunk,
        girth=girth,
        down_s=down_s,
        up_s=up_s,
        touch_and_go=touch_and_go,
        pause_s=within(LEAST_PAUSE_S, 1.0),
        sway_mm=within(3.0, 9.0),
        gap_m=max(within(*GAP_M), REACH_SHARE * stature_m * trunk + 0.01),
        beam_m=within(*BEAM_M),
        sacrum_opens_deg=12.0 + 4.0 * float(np.clip(rng.normal(), -2.0, 2.0)),
        pads="fsr" if rng.random() < 0.85 else "none",
        seed=int(rng.integers(2**31)),
    )


def plan_set(person: Person, name: str) -> PlannedSet:
    """The set ``name`` of ``SETS`` as this person does it."""
    number = SETS.index(name)
    rng = np.random.default_rng([person.seed, number])
    patterns = _patterns(name, rng)
    habits = {
        pattern: Habits(
            [person.seed, 1000 + FAULTS.index(pattern) if pattern in FAULTS else 999],
            [person.seed, number, 7 + at],
        )
        for at, pattern in enumerate(sorted(set(patterns)))
    }
    pieces = [_still(STAND_S)]
    reps: list[PlannedRep] = []
    at_s, touch = STAND_S, False
    for pattern in patterns:
        habits[pattern].next_rep()
        rep = _at_own_pace(draw_rep(pattern, habits[pattern]), person, rng)
        n = round(rep.duration_s * RATE_HZ)
        pieces.append(posture_of(rep, np.arange(n) / RATE_HZ))
        end_s = at_s + n / RATE_HZ
        reps.append(PlannedRep(rep, at_s, end_s, touch))
        touch = rng.random() < person.touch_and_go
        pause_s = 0.0
        if not touch:
            own_s = person.pause_s * float(rng.uniform(0.7, 1.3))
            pause_s = float(np.clip(own_s, LEAST_PAUSE_S, 1.0))
            pieces.append(_still(pause_s))
            pause_s = round(pause_s * RATE_HZ) / RATE_HZ
        at_s = end_s + pause_s
    pieces.append(_still(STAND_S))
    posture = Posture(*(np.concatenate(parts) for parts in zip(*map(_fields, pieces), strict=True)))
    time_s = np.arange(len(posture.trunk_deg)) / RATE_HZ
    return PlannedSet(
        name,
        person.body.motion(time_s, posture),
        tuple(reps),
        sway_seed=int(rng.integers(2**31)),
        sensor_seed=int(rng.integers(2**31)),
    )


def _patterns(name: str, rng: np.random.Generator) -> list[str]:
    if name in GOOD_SETS:
        return ["hinge"] * REPS
    if name != "mixed":
        return [name] * REPS
    half = REPS // 2
    chosen = ["hinge"] * half + [FAULTS[i] for i in rng.integers(len(FAULTS), size=REPS - half)]
    return [chosen[i] for i in rng.permutation(REPS)]


def _at_own_pace(rep: Rep, person: Person, rng: np.random.Generator) -> Rep:
    def near(own_s: float) -> float:
        return float(np.clip(own_s * rng.uniform(0.92, 1.08), FASTEST_S, SLOWEST_S))

    return replace(rep, down_s=near(person.down_s), up_s=near(person.up_s))


def _still(for_s: float) -> Posture:
    return standing(round(for_s * RATE_HZ))


def _fields(posture: Posture) -> tuple[np.ndarray, ...]:
    return tuple(getattr(posture, field.name) for field in fields(posture))
