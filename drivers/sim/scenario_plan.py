"""From the steps of a scenario to its pieces on the time line, and the truth about them.

Only plans: a few numbers a piece, hours of them cost nothing. What a step needs first (coming,
taking the dowel, standing tall) is put in where the file leaves it out.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Final, NamedTuple

import msgspec
import numpy as np

from drivers.sim.body import ADVICE, Rep, draw_rep, posture_of
from drivers.sim.motion import CONTACTS
from drivers.sim.player import GRID_HZ, RANGE_EVERY
from drivers.sim.posture import HEAD_OPENS_DEG, SACRUM_OPENS_DEG, THORACIC_OPENS_DEG
from drivers.sim.scenario_file import FOR_S, MOVES, Fault, Person, Scenario, Step
from drivers.sim.scenario_named import FAR_M, FOUND_REPS, named, named_fault, named_set
from drivers.sim.scenario_truth import Named, Phase, RepTruth, ScenarioTruth, SetTruth, Trouble
from drivers.sim.segments import grid_length_s, grid_s
from drivers.sim.wall_life import DowelAt

LONGEST_S: Final = 30.0
"""Longer steps are played in parts, so that none has to be held in memory whole."""
TAIL_S: Final = 3.0
"""What follows the last step: its last pose."""
STAND_S: Final = 4.0
STAND_UNCLOSED_S: Final = 9.0
"""A pad that cannot close is waited for."""
SET_REPS: Final = 10
"""Reps after which the station takes a set for done."""
STILL_S: Final = 1.0
PAD_WAIT_S: Final = 5.0
SLOW_END_S: Final = 1.0
RECOVERY_S: Final = 1.5
"""How long after a fault the scoring may be off."""

ALL_BUT_SET: Final = ("IDLE", "NEAR", "DOWEL_UP", "SET_UP", "READY", "RESTING", "LEFT")
NO_DOWEL: Final = ("IDLE", "NEAR", "LEFT")
NOT_ON: Final = ("IDLE", "NEAR", "DOWEL_UP", "SET_UP", "LEFT")
EMPTY: Final = ("IDLE", "LEFT")

PAD_OF: Final = {"head_drop": "head", "rounding": "sacrum", "rounding_mild": "sacrum"}


class Piece(NamedTuple):
    """A segment that is to be made. ``who`` counts the persons of the scenario."""

    who: int
    step: str
    start_s: float
    for_s: float
    dowel: DowelAt
    seed: int
    rep: Rep | None = None
    pause_s: float = 0.0
    distance_m: float | None = None
    pad: str = "sacrum"

    @property
    def end_s(self) -> float:
        return self.start_s + self.for_s


class Plan(NamedTuple):
    """The pieces in their order, and the truth."""

    pieces: tuple[Piece, ...]
    truth: ScenarioTruth


AT_WALL: Final = frozenset({"loiter", "cover_sensor", "hand_on_pad", "sunlight", "lean"})
"""At the wall, the dowel wherever it is."""
WORN: Final = frozenset({"stand", "rest", "set", "hold_loosely", "hang_up"})
HUNG: Final = frozenset({"upside_down", "turned"})
NOBODY: Final = frozenset({"away", "pass_by", "bag", "approach"})


class _Planner:
    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._scenario = scenario
        self._rng = np.random.default_rng(seed)
        self._number = {person.id: i for i, person in enumerate(scenario.person)}
        self._here: int | None = None
        self._dowel: DowelAt = "hung"
        self._t_s = 0.0
        self._fresh = False
        """The dowel has just been taken, and nobody has stood tall with it."""
        self._tested = False
        """Repetitions have been done since the dowel was taken."""
        self._in_set: int | None = None
        """Reps of this visit's latest set, no sensor failing; None before the first."""
        self.pieces: list[Piece] = []
        self.reps: list[RepTruth] = []
        self.sets: list[SetTruth] = []
        self.phases: list[Phase] = []
        self.named: tuple[Named, ...] = ()

    # -- order of things ------------------------------------------------------------------

    def step(self, step: Step) -> None:
        who = self._number[step.who]
        if step.do in NOBODY or self._here != who:
            self._clear_wall(who)
        if step.do not in NOBODY and self._here is None:
            self._do(who, "approach", FOR_S["approach"])
        if step.do in HUNG or step.do == "leave" or (step.do in ("loiter", "clean")):
            self._put_away(who, floor_too=step.do in HUNG)
        if (step.do in WORN and self._dowel != "back") or (
            step.do == "drop_dowel" and self._dowel == "floor"
        ):
            self._do(who, "pick_up", FOR_S["pick_up"])
        if step.do == "pick_up" and self._dowel == "back":
            self._do(who, "hang_up", FOR_S["hang_up"])
        if step.do == "set":
            if self._fresh:
                self._do(who, "stand", self._stand_s(who))
            self._set(who, step)
            return
        self._long(who, step)

    def _clear_wall(self, who: int) -> None:
        if self._here is None:
            return
        other = self._here
        self._put_away(other, floor_too=False)
        self._do(other, "leave", FOR_S["leave"])

    def _put_away(self, who: int, *, floor_too: bool) -> None:
        if self._dowel == "floor" and floor_too:
            self._do(who, "pick_up", FOR_S["pick_up"])
        if self._dowel == "back":
            self._do(who, "hang_up", FOR_S["hang_up"])

    def _stand_s(self, who: int) -> float:
        return STAND_UNCLOSED_S if self._scenario.person[who].never_closes else STAND_S

    def _long(self, who: int, step: Step) -> None:
        """A step without reps; in parts when it is long, unless nothing moves."""
        name = "nobody" if step.do == "away" else step.do
        parts = 1 if step.do in MOVES or name == "nobody" else ceil(step.length_s / LONGEST_S)
        for _ in range(parts):
            self._do(who, name, step.length_s / parts, step)

    # -- one piece ---------------------------------------------------------------------------

    def _do(self, who: int, name: str, for_s: float, step: Step | None = None) -> None:
        before = self._dowel
        piece = self._append(
            Piece(
                who,
                name,
                self._t_s,
                grid_length_s(for_s),
                before,
                int(self._rng.integers(2**31)),
                distance_m=step.distance_m if step else None,
                pad=step.pad if step else "sacrum",
            )
        )
        self._expect(piece, self._scenario.person[who])
        self.named += named(
            self._scenario,
            self._scenario.person[who],
            name,
            before,
            piece.start_s,
            piece.end_s,
            piece.distance_m,
            ready=not self._fresh,
            tested=self._tested,
        )
        if name in ("approach", "leave"):
            self._here = who if name == "approach" else None
            self._in_set = None
        if name == "pick_up":
            self._dowel, self._fresh, self._in_set = "back", True, None
            self._tested = False
        elif name == "hang_up":
            self._dowel = "hung"
        elif name == "drop_dowel":
            self._dowel = "floor"
        elif name == "stand":
            self._fresh = False

    def tail(self) -> None:
        """The last pose, held a little."""
        if self._here is None:
            self._do(0, "nobody", TAIL_S)
        else:
            self._do(self._here, "stand" if self._dowel == "back" else "loiter", TAIL_S)

    def _append(self, piece: Piece) -> Piece:
        self.pieces.append(piece)
        self._t_s = piece.end_s
        return piece

    def _set(self, who: int, step: Step) -> None:
        person = self._scenario.person[who]
        index, start_s, end_s = len(self.sets), self._t_s, self._t_s
        for number in range(step.reps):
            pattern = step.patterns[number % len(step.patterns)]
            rep = draw_rep(pattern, self._rng, step.tempo_s)
            pause_s = float(self._rng.uniform(*step.pause_s))
            if step.pause_s[1] < 0.5:
                # Who touches and goes turns quickly at the bottom, too.
                rep = replace(rep, hold_s=0.25 * rep.hold_s)
            rep = replace(
                rep, down_s=_snap(rep.down_s), hold_s=_snap(rep.hold_s), up_s=_snap(rep.up_s)
            )
            seed = int(self._rng.integers(2**31))
            for_s = grid_length_s(rep.duration_s + pause_s)
            pause_s = max(for_s - rep.duration_s, 0.0)
            piece = self._append(Piece(who, pattern, self._t_s, for_s, "back", seed, rep, pause_s))
            end_s = piece.start_s + rep.duration_s
            self.reps.append(self._truth(person, index, piece, rep))
        self.sets.append(SetTruth(person.id, start_s, end_s, step.reps))
        states = ("SET",) if step.reps <= SET_REPS else ("SET", "RESTING")
        # The last of the way up is so slow that the rep may be taken for ended before.
        over_s = max(end_s - SLOW_END_S, start_s)
        self.phases.append(Phase(start_s, over_s, states, f"{person.id} does reps"))
        ends_s = tuple(rep.end_s for rep in self.reps[-step.reps :])
        self.named += named_set(self._scenario, person, start_s, ends_s, tested=self._tested)
        self._fresh, self._tested = False, self._tested or step.reps > FOUND_REPS
        # A rep that no sensor saw whole does not count toward the set's end.
        self._in_set = sum(not rep.hidden for rep in self.reps[-step.reps :])

    def _truth(self, person: Person, set_index: int, piece: Piece, rep: Rep) -> RepTruth:
        would = opened_pads(rep)
        opened = tuple(pad for pad in would if pad not in person.never_closes)
        blind = {*person.never_closes, *person.always_closes}
        # A back that rounds by less than opens the pad is within what a good rep allows.
        named_good = rep.pattern in ("hinge", "rounding", "rounding_mild") or rep.pattern in ADVICE
        bad = bool(would) or not named_good
        named_by_pad = PAD_OF.get(rep.pattern)
        start_s = piece.start_s
        end_s = start_s + rep.duration_s
        return RepTruth(
            who=person.id,
            set_index=set_index,
            pattern=rep.pattern,
            start_s=round(start_s, 4),
            peak_s=round(start_s + rep.down_s + rep.hold_s / 2, 4),
            end_s=round(end_s, 4),
            opened=opened,
            bad=bad,
            seen=named_by_pad not in blind and not set(opened) & blind,
            hidden=any(
                fault.at_s <= end_s and start_s <= fault.end_s + RECOVERY_S
                for fault in self._scenario.fault
            ),
        )

    # -- what should be shown --------------------------------------------------------------------

    def _expect(self, piece: Piece, person: Person) -> None:
        states, from_s, why = self._expected(piece, person)
        if not states or from_s >= piece.end_s:
            return
        phase = Phase(round(from_s, 4), round(piece.end_s, 4), states, why)
        last = self.phases[-1] if self.phases else None
        if last is not None and (last.states, last.why, last.end_s) == (states, why, phase.start_s):
            # It goes on: nothing new is to be named.
            phase = msgspec.structs.replace(phase, start_s=last.start_s)
            del self.phases[-1]
        self.phases.append(phase)

    def _expected(self, piece: Piece, person: Person) -> tuple[tuple[str, ...], float, str]:
        """States that may be shown in the piece, from when on, and what is going on."""
        fair: tuple[str, ...]
        name, start_s, worn = piece.step, piece.start_s, piece.dowel == "back"
        done = self._in_set is not None and self._in_set >= SET_REPS
        between = ("SET", "RESTING", "READY", "SET_UP") if not done else ("RESTING",)
        if name == "nobody":
            return EMPTY, start_s, "nobody is here"
        if name in ("approach", "pass_by", "bag", "clean"):
            return NO_DOWEL, start_s, f"{name}, the dowel not taken"
        if name == "pick_up":
            return (*NOT_ON, "READY"), start_s, "the dowel is being taken"
        if name in HUNG:
            return NOT_ON, start_s, f"the dowel is held {name.replace('_', ' ')}"
        if name == "drop_dowel":
            return ("NEAR", "IDLE", "LEFT"), start_s + 0.4, "the dowel lies on the floor"
        if name == "hold_loosely":
            fair = ALL_BUT_SET if self._in_set is None or done else (*ALL_BUT_SET, "SET")
            return fair, start_s, "the dowel is held loosely"
        if worn and self._scenario.station.gap_m > FAR_M:
            return NOT_ON, start_s, "too far for the ranger"
        if name in ("stand", "rest") and self._in_set is None:
            wait_s = STILL_S + (PAD_WAIT_S if person.never_closes else 0.0)
            wait_s = wait_s if self._fresh else 0.0
            return ("READY",), start_s + wait_s, "somebody stands tall, ready"
        if worn and name in ("stand", "rest"):
            return between, start_s, "standing between two sets"
        if worn and name in AT_WALL:
            fair = ("SET_UP", "READY", "RESTING", *(("SET",) if not done else ()))
            fair = fair if self._in_set is not None else ("SET_UP", "READY")
            return fair, start_s, f"{name} with the dowel on the back"
        if name in AT_WALL:
            fair = ("NEAR",) if name in ("loiter", "hand_on_pad", "lean") else NO_DOWEL
            return fair, start_s, f"{name} without the dowel"
        return (), start_s, ""


def _snap(time_s: float) -> float:
    """To whole instants of the range's grid: so the next rep begins where this one ends."""
    return round(time_s * GRID_HZ / RANGE_EVERY) * RANGE_EVERY / GRID_HZ


def opened_pads(rep: Rep) -> tuple[str, ...]:
    """The pads that open in a rep of somebody whose pads all close, by its angles."""
    posture = posture_of(rep, grid_s(rep.duration_s))
    neck = posture.neck_deg - posture.neck_deg[0]
    lumbar = posture.lumbar_deg - posture.lumbar_deg[0]
    opens = (
        bool(np.abs(neck).max() > HEAD_OPENS_DEG),
        bool(lumbar.min() < -THORACIC_OPENS_DEG),
        bool(lumbar.max() > SACRUM_OPENS_DEG),
    )
    return tuple(pad for pad, is_open in zip(CONTACTS, opens, strict=True) if is_open)


def plan(scenario: Scenario, seed: int = 0) -> Plan:
    """The same for the same ``seed``."""
    planner = _Planner(scenario, seed)
    for step in scenario.step:
        planner.step(step)
    planner.tail()
    duration_s = planner.pieces[-1].end_s
    truth = ScenarioTruth(
        duration_s=duration_s,
        reps=tuple(planner.reps),
        sets=tuple(planner.sets),
        phases=tuple(planner.phases),
        troubles=tuple(_trouble(fault) for fault in scenario.fault),
        named=(
            *planner.named,
            *(
                row
                for fault in scenario.fault
                for row in named_fault(fault, pads_fitted=scenario.station.pads != "none")
            ),
        ),
    )
    return Plan(tuple(planner.pieces), truth)


def _trouble(fault: Fault) -> Trouble:
    return Trouble(fault.at_s, fault.end_s)
