"""Scripted hours at a wall: a busy one with twelve people training, and quiet ones."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np

from drivers.sim.scenario_file import Fault, Person, Scenario, Station, Step
from drivers.sim.scenario_plan import plan

HEIGHTS_M: Final = (0.75, 0.88, 1.01)
HOUR_S: Final = 3600.0

PEOPLE: Final = (
    Person("short", 1.50, 0.90),
    Person("stout", 1.62, 1.20, reflectance=0.25),
    Person("dark-cloth", 1.75, 1.00, reflectance=0.05),
    Person("coat", 1.80, 1.05, hem_mm=60.0),
    Person("bun", 1.68, 0.95, never_closes=("head",)),
    Person("big", 1.70, 1.35),
    Person("tall", 2.00, 1.10),
    Person("slim", 1.86, 0.85),
    Person("middle", 1.78, 1.00),
    Person("newcomer", 1.58, 1.10),
    Person("holds-pad", 1.73, 1.00, always_closes=("sacrum",)),
    Person("trainer", 1.82, 0.95),
    Person("child", 1.15, 0.70),
    Person("cleaner", 1.66, 1.10),
    Person("passer", 1.76, 1.00),
)
"""Twelve who take the dowel, and three who do not."""

SLOW: Final = (1.9, 2.8)
TOUCH: Final[dict[str, Any]] = {"pause_s": (0.0, 0.0), "tempo_s": (1.0, 1.7)}
MIXED: Final = ("hinge", "squat", "hinge", "rounding", "hinge", "trunk_bend", "hinge", "squat")


def _set(who: str, pattern: str | tuple[str, ...] = "hinge", reps: int = 10, **more: Any) -> Step:
    return Step(who, "set", pattern=pattern, reps=reps, **more)


def _off(who: str) -> tuple[Step, ...]:
    return Step(who, "hang_up"), Step(who, "leave")


def gym_hour(seed: int = 0) -> Scenario:
    """A busy hour: everything of life at the wall once or more, in a fixed order.

    ``seed`` is the one it is meant to be played with: the faults then fall into the middle of
    the sets that they are meant for.
    """
    rng = np.random.default_rng(seed)
    steps: list[Step] = []
    broken: dict[int, tuple[str, str, float]] = {}
    """Number of the step in which something fails: chip, kind, for how long."""

    def add(*more: Step) -> None:
        steps.extend(more)

    def breaks(chip: str, kind: str, for_s: float) -> None:
        """In the set just added."""
        broken[len(steps) - 1] = (chip, kind, for_s)

    def gap(passers: int = 1) -> None:
        for _ in range(passers):
            add(Step("passer", "away", for_s=round(float(rng.uniform(10, 25)), 1)))
            add(Step("passer", "pass_by", distance_m=round(float(rng.uniform(0.3, 1.5)), 2)))
        add(Step("passer", "away", for_s=12.0))

    gap(2)
    add(_set("short"), Step("short", "rest", for_s=20.0), _set("short", MIXED, tempo_s=SLOW))
    add(*_off("short"))
    gap()
    add(_set("stout", **TOUCH), Step("stout", "rest", for_s=25.0), _set("stout", **TOUCH))
    add(*_off("stout"))
    add(Step("child", "approach"), Step("child", "loiter", for_s=12.0))
    add(Step("child", "hand_on_pad", for_s=8.0, pad="head"), Step("child", "leave"))
    gap()
    add(_set("dark-cloth"), Step("dark-cloth", "sunlight", for_s=15.0), _set("dark-cloth", MIXED))
    breaks("tof", "sunlight", 20.0)
    add(*_off("dark-cloth"), Step("passer", "bag", for_s=45.0))
    gap()
    add(_set("coat"), Step("coat", "rest", for_s=15.0), _set("coat", MIXED), *_off("coat"))
    gap(2)
    add(_set("bun"), Step("bun", "rest", for_s=15.0), *_off("bun"))
    add(_set("trainer", reps=3, tempo_s=SLOW), *_off("trainer"))
    add(_set("bun", ("hinge", "squat")), *_off("bun"))
    add(Step("passer", "away", for_s=75.0))
    add(Step("big", "lean", for_s=20.0), Step("big", "loiter", for_s=6.0), _set("big"))
    add(Step("big", "lean", for_s=10.0), _set("big", "squat"), Step("big", "drop_dowel"))
    add(Step("big", "loiter", for_s=6.0), Step("big", "pick_up", for_s=6.0), _set("big"))
    add(*_off("big"))
    add(Step("cleaner", "approach"), Step("cleaner", "clean", for_s=60.0))
    add(Step("cleaner", "cover_sensor", for_s=12.0), Step("cleaner", "leave"))
    gap(2)
    add(_set("tall"))
    breaks("bus-3", "unplug", 4.0)
    add(Step("tall", "rest", for_s=20.0), _set("tall", MIXED), *_off("tall"))
    gap()
    add(_set("slim", tempo_s=SLOW))
    breaks("tof", "power_cycle", 1.0)
    add(Step("slim", "rest", for_s=20.0), _set("slim", "knees_first"), *_off("slim"))
    gap()
    add(Step("middle", "cover_sensor", for_s=10.0), _set("middle"))
    add(Step("middle", "cover_sensor", for_s=10.0), _set("middle", "head_drop"))
    breaks("imu", "power_cycle", 0.5)
    add(*_off("middle"))
    gap(2)
    add(Step("newcomer", "upside_down"), Step("newcomer", "turned"))
    add(Step("newcomer", "hold_loosely", for_s=12.0), Step("newcomer", "stand", for_s=5.0))
    add(_set("newcomer", "rounding"), Step("newcomer", "rest", for_s=15.0), _set("newcomer"))
    add(*_off("newcomer"))
    gap()
    add(_set("holds-pad", ("hinge", "rounding")), *_off("holds-pad"))
    gap(2)
    add(_set("middle", **TOUCH), Step("middle", "rest", for_s=30.0), _set("middle"))
    add(*_off("middle"))
    gap(2)
    hour = Scenario(Station(HEIGHTS_M, gap_m=0.40), PEOPLE, tuple(steps))
    hour = _filled(hour, seed)
    return msgspec.structs.replace(hour, fault=_faults(hour, broken, seed))


def _filled(hour: Scenario, seed: int) -> Scenario:
    """The hour made whole: the wall is left alone for what remains of it."""
    left_s = HOUR_S - plan(hour, seed).truth.duration_s
    if left_s < 1.0:
        return hour
    rest = Step("passer", "away", for_s=round(left_s, 1))
    return msgspec.structs.replace(hour, step=(*hour.step, rest))


def _faults(
    hour: Scenario, broken: dict[int, tuple[str, str, float]], seed: int
) -> tuple[Fault, ...]:
    sets = plan(hour, seed).truth.sets
    number_of: dict[int, int] = {}
    for i, step in enumerate(hour.step):
        if step.do == "set":
            number_of[i] = len(number_of)
    faults = []
    for i, (chip, kind, for_s) in broken.items():
        one = sets[number_of[i]]
        at_s = round(one.start_s + 0.4 * (one.end_s - one.start_s), 1)
        faults.append(
            msgspec.convert(
                {"at_s": at_s, "chip": chip, "kind": kind, "for_s": for_s},
                Fault,
            )
        )
    return tuple(faults)


QUIET: Final = (
    ("pass_by", 40),
    ("loiter", 8),
    ("clean", 3),
    ("bag", 3),
    ("lean", 4),
    ("cover_sensor", 2),
    ("hand_on_pad", 2),
)
"""What happens while nobody trains, and how often against the others."""


def quiet_hours(hours: float, seed: int = 0) -> Scenario:
    """Hours without any training: the dowel hangs, people pass, stand about, lean, clean."""
    rng = np.random.default_rng(seed)
    names = [name for name, _ in QUIET]
    often = np.array([share for _, share in QUIET], dtype=float)
    idle = [person for person in PEOPLE if not person.never_closes]
    steps: list[Step] = []
    left_s = hours * HOUR_S
    while left_s > 0.0:
        away_s = min(round(float(rng.uniform(8.0, 90.0)), 1), max(round(left_s, 1), 1.0))
        who = idle[int(rng.integers(len(idle)))].id
        name = str(rng.choice(names, p=often / often.sum()))
        steps.append(Step(who, "away", for_s=away_s))
        left_s -= away_s
        if left_s < 120.0:
            continue
        for_s = {"pass_by": 3.0, "clean": 60.0, "bag": 60.0}.get(name, 15.0)
        step = Step(who, name, for_s=for_s)  # type: ignore[arg-type]  # one of QUIET
        steps += [step] if name in ("pass_by", "bag") else [step, Step(who, "leave")]
        left_s -= for_s + (0.0 if name in ("pass_by", "bag") else 8.0)
    return Scenario(Station(HEIGHTS_M, gap_m=0.40), tuple(idle), tuple(steps))
