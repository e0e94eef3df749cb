"""One simulated person through the whole station, and the account of every rep of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from device.config_model import Config
from device.drills import DRILLS
from device.limits import HEAD_SOUND_MS, STAGES
from device.workbench.cohort_people import SETS, Person, PlannedRep, PlannedSet, plan_set
from device.workbench.cohort_truth import (
    Opening,
    RepTruth,
    Series,
    openings,
    rep_truth,
    series_of,
)
from device.workbench.motion_run import Late, play_scene, with_rangers
from device.workbench.result import Result
from drivers.sim.player import MotionScene
from services.schema import RepBody

LEAD_S = 2.0
PAD_OF = {"HEAD": "head", "THORACIC": "thoracic", "SACRUM": "sacrum"}
PADS = frozenset({*PAD_OF, "ALL_LOST"})
KNEES = frozenset({"KNEE_DRIVEN", "KNEES_FIRST"})
ROUNDED = PADS | {"HIPS_NOT_BACK"}
ACCEPTED: dict[str, frozenset[str]] = {
    "hinge": frozenset({"GOOD"}),
    "squat": KNEES,
    "knees_first": KNEES,
    "trunk_bend": ROUNDED,
    "trunk_bend_mild": ROUNDED,
    "rounding": ROUNDED,
    "rounding_mild": ROUNDED,
    "head_drop": frozenset({"HEAD", "ALL_LOST"}),
}
"""Names that say the pattern; a pad that really opened may always be named."""
ADVICE = frozenset({"DEPTH_LOW", "DEPTH_DEEP", "FAST"})
FAST_DPS = 60.0
SURE_DEG = 2.0
SURE_DPS = 5.0
"""Advice is false when the truth stays this far inside the limit."""
TOLD_AFTER_S = 1.0
"""A cue speaks of a rep until so long after its end."""
LAMP_FROM_S, LAMP_UNTIL_S = 0.25, 0.5
"""Window around an opening in which its lamp is looked for."""
EVENT_UNTIL_S = 0.6


class AdviceLimits(NamedTuple):
    """From where on depth and speed are told."""

    low_deg: float
    high_deg: float
    fast_dps: float = FAST_DPS


class RepRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rep: what was done, what it was called, and what was measured."""

    person: int
    set: str
    number: int
    pattern: str
    touch_and_go: bool
    """It follows, or is followed, without a pause."""
    start_s: float
    opened: tuple[str, ...]
    tilt_deg: float
    travel_mm: float
    drop_mm: float
    shin_deg: float
    ratio: float | None
    rate_dps: float
    verdict: str | None
    """None: missed."""
    accepted: bool
    codes: tuple[str, ...] = ()
    """All faults found, live ones too."""
    told: tuple[str, ...] = ()
    false_cues: tuple[str, ...] = ()
    live_cue_s: float | None = None
    """From the rep's onset to the live cue for a squat, where it was told."""
    beam_off_hip: bool = False
    measured_tilt_deg: float | None = None
    measured_travel_mm: float | None = None
    measured_drop_mm: float | None = None
    measured_shin_deg: float | None = None
    measured_ratio: float | None = None
    measured_excess_mm: float | None = None
    measured_early_mm: float | None = None
    measured_return_mm: float | None = None


class SetRow(msgspec.Struct, frozen=True):
    """One set: how many reps were done and counted."""

    person: int
    set: str
    reps: int
    counted: int
    missed: int
    ghosts: int
    unscored: int
    touch_and_go: int
    """How many reps followed the one before without a pause."""
    stray_cues: tuple[str, ...] = ()
    """Cues that belong to no rep."""

    @property
    def exact(self) -> bool:
        return self.missed == 0 and self.ghosts == 0


class LossRow(msgspec.Struct, frozen=True):
    """A pad that opened, and when the station said so, in ms after it; None: it did not."""

    person: int
    pad: str
    length_s: float
    lamp_ms: float | None
    event_ms: float | None
    sound_ms: float | None


class PersonResult(msgspec.Struct, frozen=True):
    """All that came of one person."""

    person: Person
    sets: list[SetRow]
    reps: list[RepRow]
    losses: list[LossRow]
    played_s: float


def run_person(config: Config, person: Person, sets: Sequence[str] = SETS) -> PersonResult:
    """Play the sets of one person, each through freshly started chips."""
    set_rows: list[SetRow] = []
    reps: list[RepRow] = []
    losses: list[LossRow] = []
    played_s = 0.0
    for name in sets:
        planned = plan_set(person, name)
        result, series = play_set(config, person, planned)
        row, rows = account(person, planned, result, series, advice_limits(config))
        set_rows.append(row)
        reps += rows
        if person.pads != "none":
            losses += loss_rows(person, openings(series), result)
        played_s += result.duration_s
    return PersonResult(person, set_rows, reps, losses, round(played_s, 2))


def advice_limits(config: Config) -> AdviceLimits:
    """Of the configured target and stage."""
    practice, drill = config.practice, DRILLS[config.practice.drill]
    band_deg = STAGES[practice.stage].tilt_band_deg
    low_deg = practice.target_low_deg or drill.target_low_deg
    high_deg = practice.target_high_deg or drill.target_high_deg
    return AdviceLimits(low_deg - band_deg, high_deg + band_deg)


def play_set(config: Config, person: Person, planned: PlannedSet) -> tuple[Result, Series]:
    """One set through the simulated chips, and what really happened in it."""
    hip_m = person.body.rest_hip()[1]
    scene = MotionScene(
        planned.motion,
        lead_in_s=LEAD_S,
        lead_out_s=LEAD_S,
        gap_m=person.gap_m,
        tof_heights_m=(hip_m + person.beam_m,),
        recess_m=1e-3 * config.tof.recess_mm,
        girth=person.girth,
        sway_mm=person.sway_mm,
        seed=planned.sway_seed,
        sacrum_opens_deg=person.sacrum_opens_deg,
    )
    replace = msgspec.structs.replace
    known = replace(
        config,
        station=replace(config.station, stature_m=person.typed_stature_m, band=None),
        tof=with_rangers(config.tof, scene.tof_heights_m),
        practice=replace(config.practice, reps=100),
        pads=config.pads if person.pads == "fsr" else replace(config.pads, chip="none"),
    )

    result = play_scene(
        known,
        Late(scene),
        seed=planned.sensor_seed,
        duration_s=scene.duration_s,
        tofs=1,
        offset_s=scene.offset_s,
        source=planned.name,
    )
    return result, series_of(scene, planned.motion)


def account(
    person: Person, planned: PlannedSet, result: Result, series: Series, limits: AdviceLimits
) -> tuple[SetRow, list[RepRow]]:
    """Match what was counted to what was done, by the instant of the bottom."""
    truths = [rep_truth(series, r.start_s, r.end_s, person.stature_m) for r in planned.reps]
    used: set[int] = set()
    rows: list[RepRow] = []
    told = _cues_by_rep(planned.reps, result)
    for number, (plan, truth) in enumerate(zip(planned.reps, truths, strict=True)):
        match = next(
            (
                i
                for i, rep in enumerate(result.reps)
                if i not in used and rep.start_s <= truth.bottom_s <= rep.end_s
            ),
            None,
        )
        if match is not None:
            used.add(match)
        found = None if match is None else result.reps[match]
        following = planned.reps[number + 1 : number + 2]
        touch = plan.touch_and_go or any(after.touch_and_go for after in following)
        cues = told.get(number, ())
        false = tuple(code for code in cues if is_false(code, plan.rep.pattern, truth, limits))
        row = _row(person, planned, number, touch, truth, found, result)
        rows.append(msgspec.structs.replace(row, told=cues, false_cues=false))
    set_row = SetRow(
        person.number,
        planned.name,
        len(planned.reps),
        len(result.reps),
        missed=len(planned.reps) - len(used),
        ghosts=len(result.reps) - len(used),
        unscored=sum(rep.verdict == "UNSCORED" for rep in result.reps),
        touch_and_go=sum(rep.touch_and_go for rep in planned.reps),
        stray_cues=told.get(-1, ()),
    )
    return set_row, rows


def accepted(pattern: str, verdict: str, opened: Sequence[str]) -> bool:
    """Whether ``verdict`` says ``pattern``, or truly names a pad that left the back."""
    if verdict in ACCEPTED[pattern]:
        return True
    return PAD_OF.get(verdict, "") in opened


def is_false(code: str, pattern: str, truth: RepTruth, limits: AdviceLimits) -> bool:
    """Whether a cue told in or after this rep is not borne out by what really happened."""
    if code in PAD_OF:
        return PAD_OF[code] not in truth.opened
    if code == "ALL_LOST":
        return len(truth.opened) < len(PAD_OF)
    if code == "DEPTH_LOW":
        return truth.tilt_deg > limits.low_deg + SURE_DEG
    if code == "DEPTH_DEEP":
        return truth.tilt_deg < limits.high_deg - SURE_DEG
    if code == "FAST":
        return truth.rate_dps < limits.fast_dps - SURE_DPS
    return code not in ACCEPTED[pattern]


def _cues_by_rep(reps: Sequence[PlannedRep], result: Result) -> dict[int, tuple[str, ...]]:
    """Codes told, by number of the rep they speak of; -1: none.

    A cue at a rep's end may come when the next has begun. What was told live stands in the
    rep's log; a knee cue without such an entry speaks of the rep that has just ended.
    """
    live = {
        (fault.code, round(fault.time_s, 3))
        for rep in result.reps
        for fault in rep.faults
        if fault.level == "live" and fault.told
    }
    live_codes = {code for code, _ in live}
    found: dict[int, tuple[str, ...]] = {}
    for cue in result.cues:
        at_end = cue.code not in live_codes or not any(
            code == cue.code and -0.01 <= cue.time_s - t_s <= HEAD_SOUND_MS * 1e-3 + 1.0
            for code, t_s in live
        )
        if at_end and cue.code not in ("SENSOR", "STOP"):
            ended = [rep for rep in result.reps if rep.end_s <= cue.time_s + 1e-3]
            at_s = ended[-1].bottom_s if ended else cue.time_s
        else:
            at_s = cue.time_s
        number = next(
            (i for i, r in enumerate(reps) if r.start_s <= at_s <= r.end_s + 1e-6),
            next(
                (i for i, r in enumerate(reps) if r.start_s <= at_s <= r.end_s + TOLD_AFTER_S), -1
            ),
        )
        found[number] = (*found.get(number, ()), cue.code)
    return found


def _row(
    person: Person,
    planned: PlannedSet,
    number: int,
    touch: bool,
    truth: RepTruth,
    found: RepBody | None,
    result: Result,
) -> RepRow:
    plan = planned.reps[number]
    known = person.pads != "none"
    opened = truth.opened if known else ()
    row = RepRow(
        person.number,
        planned.name,
        number + 1,
        plan.rep.pattern,
        touch,
        round(plan.start_s, 3),
        opened,
        round(truth.tilt_deg, 2),
        round(truth.travel_mm, 1),
        round(truth.drop_mm, 1),
        round(truth.shin_deg, 2),
        None if truth.ratio is None else round(truth.ratio, 3),
        round(truth.rate_dps, 1),
        None if found is None else found.verdict,
        found is not None and accepted(plan.rep.pattern, found.verdict, opened),
    )
    if found is None:
        return row
    return msgspec.structs.replace(
        row,
        codes=tuple(dict.fromkeys(fault.code for fault in found.faults)),
        live_cue_s=_live_cue_s(found, truth, result),
        beam_off_hip=found.beam_off_hip,
        measured_tilt_deg=found.peak_tilt_deg,
        measured_travel_mm=found.hip_travel_mm,
        measured_drop_mm=found.hip_drop_mm,
        measured_shin_deg=found.shin_angle_deg,
        measured_ratio=found.hinge_ratio,
        measured_excess_mm=found.excess_drop_mm,
        measured_early_mm=found.early_drop_mm,
        measured_return_mm=found.hip_return_mm,
    )


def _live_cue_s(found: RepBody, truth: RepTruth, result: Result) -> float | None:
    for fault in found.faults:
        if fault.code == "KNEE_DRIVEN" and fault.level == "live" and fault.told:
            told_s = [c.time_s for c in result.cues if c.code == fault.code]
            after = [t_s for t_s in told_s if t_s >= fault.time_s - 1e-3]
            return round(min(after, default=fault.time_s) - truth.onset_s, 3)
    return None


def loss_rows(person: Person, opened: Sequence[Opening], result: Result) -> list[LossRow]:
    """When lamp, fault event and sound followed each opening."""
    rows = []
    for opening in opened:
        inside = next((r for r in result.reps if r.start_s <= opening.open_s <= r.end_s), None)
        if inside is None:
            continue
        lamp = f"led_{opening.pad}_lost"
        code = opening.pad.upper()
        lamps = [
            out.time_s - opening.open_s
            for out in result.outputs
            if out.pin == lamp
            and out.value > 0
            and -LAMP_FROM_S <= out.time_s - opening.open_s <= LAMP_UNTIL_S
        ]
        events = [
            fault.time_s - opening.open_s
            for fault in inside.faults
            if fault.code == code
            and fault.level == "live"
            and -LAMP_FROM_S <= fault.time_s - opening.open_s <= EVENT_UNTIL_S
        ]
        told = any(f.code == code and f.level == "live" and f.told for f in inside.faults)
        sounds = [
            cue.time_s - opening.open_s
            for cue in result.cues
            if told
            and cue.code == code
            and "buzzer" in cue.channel
            and -LAMP_FROM_S <= cue.time_s - opening.open_s <= 2 * EVENT_UNTIL_S
        ]
        rows.append(
            LossRow(
                person.number,
                opening.pad,
                round(opening.length_s, 4),
                *(round(1e3 * found[0], 1) if found else None for found in (lamps, events, sounds)),
            )
        )
    return rows
