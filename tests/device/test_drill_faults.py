"""Every drill and every fault it arms, done by a body on the simulated rig.

A drill is one visit: a good rep, then a rep for each armed fault. The good one must stay silent,
each other one must be named by its fault (advice: listed, and the name stays GOOD). What a ranger
alone cannot give stands in ``BY_RANGE_ALONE``, with the reason, and is checked to be so.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import pytest

from device.drills import DRILLS, Drill
from device.faults import FAULTS
from device.tick import Key
from drivers.sim.segments import Place
from services.schema import RepBody
from tests.device.perform import Performed, perform

Args = Mapping[str, float]
Rep = tuple[str, Args]

NAMES = {fault.code: fault.names for fault in FAULTS}
CONTACTS = frozenset({"SACRUM", "THORACIC", "HEAD", "ALL_LOST"})
SLOW = {
    "lumbar_deg": 0.0,
    "neck_deg": 0.0,
    "hold_s": 0.2,
    "down_s": 1.8,
    "up_s": 1.8,
    "pause_s": 0.4,
}
QUICK = {**SLOW, "hold_s": 0.0, "down_s": 0.75, "up_s": 0.7, "pause_s": 0.0}
TAP_GAP_M = 0.18

SQUAT = {"peak_tilt_deg": 33.0, "shin_deg": 25.0, "lag": 0.18}
KNEES_EARLY = {"peak_tilt_deg": 45.0, "shin_deg": 12.0, "lag": 0.22}
ALSO_NAMED = {"ALL_LOST": CONTACTS}
"""The first pad that was lost names a rep before all of them do (decided so)."""
BY_RANGE_ALONE: dict[tuple[str, str], str] = {
    ("butt_taps", "KNEE_DRIVEN"): "the drop takes an IMU: a squat's hips go back as far",
    ("butt_taps", "KNEES_FIRST"): "the drop takes an IMU",
    ("butt_taps", "HIPS_NOT_BACK"): "the ratio of travel to tilt takes an IMU; see NO_TAP",
    ("reach", "KNEE_DRIVEN"): "the drop takes an IMU: a squat's hips go back as far",
    ("reach", "KNEES_FIRST"): "the drop takes an IMU",
}
"""Armed, but beyond a rig (or a visit) without IMU: (drill, code) and why."""


class Cell(NamedTuple):
    """One rep of the table."""

    drill: str
    code: str

    def __str__(self) -> str:
        return f"{self.drill}-{self.code}"


def pace(drill: Drill) -> Args:
    return QUICK if drill.ballistic else SLOW


def good(drill: Drill) -> Rep:
    """What the drill asks for."""
    if drill.order_only:
        # Hips back first, then down: depth is free.
        return "squat", {
            **SLOW,
            "peak_tilt_deg": 42.0,
            "shin_deg": 22.0,
            "lag": 0.0,
            "leg_lag": 0.45,
        }
    tilt_deg = min(max(drill.target_low_deg + 3.0, 48.0), drill.target_high_deg)
    return "hinge", {**pace(drill), "peak_tilt_deg": tilt_deg, "shin_deg": 3.0}


def bad(drill: Drill, code: str) -> Rep:
    """A rep with one fault, else as the good one."""
    step, base = good(drill)
    changes: dict[str, Rep] = {
        "SACRUM": (step, {**base, "lumbar_deg": 22.0}),
        "THORACIC": (step, {**base, "lumbar_deg": -14.0}),
        "HEAD": (step, {**base, "neck_deg": 26.0}),
        "ALL_LOST": (step, base),
        "KNEE_DRIVEN": ("squat", {**pace(drill), **SQUAT}),
        "KNEES_FIRST": ("knees_first", {**base, **KNEES_EARLY}),
        "HIPS_NOT_BACK": ("trunk_bend", {**base, "shift_m": 0.06, "shin_deg": -3.0}),
        "OVERARCH": ("overarch", {**base, "arch_deg": 6.3}),
        "DEPTH_LOW": (step, {**base, "peak_tilt_deg": drill.target_low_deg - 10.0}),
        "DEPTH_DEEP": (step, {**base, "peak_tilt_deg": drill.target_high_deg + 13.0}),
        "FAST": (step, {**base, "down_s": 0.9}),
        "SIDE": (step, {**base, "side_deg": 13.0}),
        "NO_TAP": (step, {**base, "peak_tilt_deg": 36.0}),
        "WALL_OTHER": (step, base),
    }
    if drill.order_only and code == "KNEES_FIRST":
        return "squat", {**base, "leg_lag": 0.0, "lag": 0.35}
    if drill.order_only:
        return changes[code][0], {**changes[code][1], "leg_lag": 0.0, "peak_tilt_deg": 45.0}
    return changes[code]


def armed(drill: Drill) -> tuple[str, ...]:
    return tuple(fault.code for fault in FAULTS if fault.code in drill.armed)


def apart(drill: Drill) -> tuple[str, ...]:
    """Faults of the rig about the person, which need a run of their own."""
    return tuple(code for code in armed(drill) if code == "WALL_OTHER")


@cache
def visit(name: str) -> Performed:
    """The drill's whole row."""
    drill = DRILLS[name]
    codes = [code for code in armed(drill) if code not in apart(drill)]
    reps = [good(drill), *(bad(drill, code) for code in codes)]
    place = Place(gap_m=TAP_GAP_M if drill.tap else 0.50)
    lifted = 2 + codes.index("ALL_LOST") if "ALL_LOST" in codes else None
    keys: list[tuple[float, Key]] = [] if drill.needs_tof or drill.needs_pads else [(0.4, "next")]
    return perform(
        name, [("stand", {"for_s": 2.4}), *reps, ("stand", {"for_s": 1.5})], place=place, keys=keys,
        config=f"[practice]\nreps = {len(reps) + 1}\n", lifted=lifted,
    )  # fmt: skip


@cache
def low_dowel(name: str) -> Performed:
    """The dowel hangs too low and meets the wall before the hips."""
    place = Place(gap_m=TAP_GAP_M, dowel_low_m=0.20)
    drill = DRILLS[name]
    return perform(name, [("stand", {"for_s": 2.4}), good(drill), ("stand", {})], place=place)


def rep_of(cell: Cell) -> RepBody:
    drill = DRILLS[cell.drill]
    if cell.code in apart(drill):
        return low_dowel(cell.drill).reps[0]
    done = visit(cell.drill)
    codes = [code for code in armed(drill) if code not in apart(drill)]
    assert len(done.reps) == 1 + len(codes), [rep.verdict for rep in done.reps]
    return done.reps[1 + codes.index(cell.code)]


CELLS = [Cell(drill.name, code) for drill in DRILLS.values() for code in armed(drill)]


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_an_armed_fault_is_named_when_somebody_does_it(cell: Cell) -> None:
    rep = rep_of(cell)
    found = {fault.code for fault in rep.faults}
    assert cell.code in found, f"{rep.verdict}: {sorted(found)}"
    names = {cell.code if NAMES[cell.code] else "GOOD"} | ALSO_NAMED.get(cell.code, frozenset())
    assert rep.verdict in names, sorted(found)


@pytest.mark.parametrize("drill", [d for d in DRILLS.values() if d.judged], ids=lambda d: d.name)
def test_beside_it_a_good_rep_stays_silent(drill: Drill) -> None:
    done = visit(drill.name)
    rep = done.reps[0]
    assert (rep.verdict, rep.faults) == ("GOOD", ())
    told = [cue for cue in done.result.cues if cue.time_s <= rep.end_s + 1.0]
    assert told == []


# -- the same without an IMU ----------------------------------------------------------------


@cache
def visit_by_range(name: str) -> Performed:
    drill = DRILLS[name]
    codes = [code for code in armed(drill) if code not in apart(drill)]
    reps = [good(drill), *(bad(drill, code) for code in codes)]
    heights = (0.90, 1.30)
    return perform(
        name, [("stand", {"for_s": 2.4}), *reps, ("stand", {"for_s": 1.5})],
        place=Place(gap_m=TAP_GAP_M if drill.tap else 0.50, tof_heights_m=heights),
        keys=[(0.4, "next")], config=f'[imu]\nchip = "none"\n[practice]\nreps = {len(reps) + 1}\n',
    )  # fmt: skip


BY_RANGE = [Cell(name, code) for name in ("butt_taps", "reach") for code in armed(DRILLS[name])]


@pytest.mark.parametrize("cell", BY_RANGE, ids=str)
def test_what_a_ranger_alone_can_tell_is_told_and_nothing_else(cell: Cell) -> None:
    drill = DRILLS[cell.drill]
    if cell.code in apart(drill):
        rep = back_to_wall(cell.drill)
    else:
        codes = [code for code in armed(drill) if code not in apart(drill)]
        rep = visit_by_range(cell.drill).reps[1 + codes.index(cell.code)]
    found = {fault.code for fault in rep.faults}
    assert (cell.code in found) is ((cell.drill, cell.code) not in BY_RANGE_ALONE)


def back_to_wall(name: str) -> RepBody:
    """Sitting back so that the shoulders reach the wall, seen by the upper ranger."""
    done = perform(
        name, [("stand", {"for_s": 2.4}), ("back_to_wall", {}), ("stand", {})],
        place=Place(gap_m=0.10, tof_heights_m=(0.90, 1.30)), keys=[(0.4, "next")],
        config='[imu]\nchip = "none"\n',
    )  # fmt: skip
    return done.reps[0]


@pytest.mark.parametrize("name", ["butt_taps", "reach"])
def test_beside_it_a_good_rep_stays_silent_by_range_alone(name: str) -> None:
    rep = visit_by_range(name).reps[0]
    assert (rep.verdict, rep.faults) == ("GOOD", ())


def test_what_cannot_be_told_is_armed() -> None:
    assert set(BY_RANGE_ALONE) <= {(cell.drill, cell.code) for cell in BY_RANGE}


def test_a_set_that_turns_bad_keeps_its_side() -> None:
    reps = visit("split_dowel").reps
    assert any("FATIGUE" in {fault.code for fault in rep.faults} for rep in reps)
    assert {rep.side for rep in reps} == {"left"}
