"""An hour at the wall, judged against what really happened.

Counts, wrong praise, sound when nobody trains, and whether every state is named in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from rich.table import Table

from device.workbench.hour_spans import NAMED_S, RECOVERY_S, Unnamed, misnamed, without
from device.workbench.result import Result, StateRow
from drivers.sim.scenario_truth import Phase, RepTruth, ScenarioTruth, SetTruth
from services.schema import RepBody

SOUND_AFTER_S: Final = 2.0
"""The cue of the last rep and the sound of the set's end come after the rep."""
EDGE_S: Final = 0.3
HIP_PATTERNS: Final = frozenset({"trunk_bend", "trunk_bend_mild"})
"""Wrong in the hips' travel alone."""


class SetRow(msgspec.Struct, frozen=True):
    """One set: reps really done, counted, UNSCORED, and whether the count is right."""

    who: str
    start_s: float
    end_s: float
    reps: int
    counted: int
    unscored: int
    hidden: int
    """Reps in which a sensor failed: they may be missing or UNSCORED."""
    right: bool


class WrongGood(msgspec.Struct, frozen=True):
    """A rep named GOOD that was not."""

    who: str
    pattern: str
    time_s: float
    seen: bool
    """False: what was bad about it cannot show, as its pad never opens or closes, or the record
    says that the hips were not judged."""


class Ghost(msgspec.Struct, frozen=True):
    """A rep that nobody did."""

    start_s: float
    end_s: float
    verdict: str
    why: str


class HourReport(msgspec.Struct, frozen=True):
    """All of it; ``findings`` has a line for each thing that is wrong."""

    source: str
    duration_s: float
    sets: list[SetRow]
    reps: int
    good_reps: int
    """Good reps, no sensor failing in them."""
    good_named: int
    wrong_good: list[WrongGood]
    ghosts: list[Ghost]
    unscored_ghosts: int
    """Listed as UNSCORED while nobody did a rep: counted neither good nor bad."""
    buzzes: int
    buzzes_outside: list[float]
    """Times of sounds outside sets."""
    states: int
    """Phases in which a state had to be named."""
    unnamed: list[Unnamed]
    conditions: int
    """Times in which a condition at the wall had to be named."""
    misnamed: list[Unnamed]
    """Times in which one was not said, or one that did not hold was."""

    @property
    def findings(self) -> list[str]:
        found = [
            f"{row.who}, set at {row.start_s:.1f} s: counted {row.counted} of {row.reps} reps"
            for row in self.sets
            if not row.right
        ]
        found += [
            f"{ghost.verdict} at {ghost.start_s:.1f} s: a rep that nobody did ({ghost.why})"
            for ghost in self.ghosts
        ]
        found += [
            f"GOOD at {wrong.time_s:.1f} s: {wrong.who} did {wrong.pattern}"
            for wrong in self.wrong_good
            if wrong.seen
        ]
        found += [f"buzz at {time_s:.1f} s, outside a set" for time_s in self.buzzes_outside]
        found += [
            f"{row.start_s:.1f}-{row.end_s:.1f} s, {row.why}: {row.wrong_s:.1f} s shown as "
            f"{'/'.join(row.shown)}, expected {'/'.join(row.expected)}"
            for row in self.unnamed
        ]
        found += [
            f"{row.start_s:.1f}-{row.end_s:.1f} s, {row.why}: {row.wrong_s:.1f} s said "
            f"{'/'.join(row.shown) or 'nothing'}, expected {'/'.join(row.expected) or 'nothing'}"
            for row in self.misnamed
        ]
        return found


def judge_hour(result: Result, truth: ScenarioTruth) -> HourReport:
    """Compare a played scenario with its truth. Pure."""
    matched, ghosts = _match(result.reps, truth.reps)
    rows = [_set_row(number, one, truth, matched) for number, one in enumerate(truth.sets)]
    wrong = [
        WrongGood(rep.who, rep.pattern, rep.peak_s, rep.seen and not _said(rep, named))
        for rep, named in zip(truth.reps, matched, strict=True)
        if named is not None and named.verdict == "GOOD" and rep.bad
    ]
    good = [
        named
        for rep, named in zip(truth.reps, matched, strict=True)
        if not rep.bad and not rep.hidden
    ]
    buzzes = sounds_s(result)
    unnamed = [row for phase in truth.phases if (row := _unnamed(phase, result, truth)) is not None]
    return HourReport(
        source=result.source,
        duration_s=result.duration_s,
        sets=rows,
        reps=len(truth.reps),
        good_reps=len(good),
        good_named=sum(named is not None and named.verdict == "GOOD" for named in good),
        wrong_good=wrong,
        ghosts=[
            Ghost(rep.start_s, rep.end_s, rep.verdict, _why(rep.bottom_s, truth.phases))
            for rep in ghosts
            if rep.verdict != "UNSCORED"
        ],
        unscored_ghosts=sum(rep.verdict == "UNSCORED" for rep in ghosts),
        buzzes=len(buzzes),
        buzzes_outside=[time_s for time_s in buzzes if not _in_a_set(time_s, truth.sets)],
        states=len(truth.phases),
        unnamed=unnamed,
        conditions=sum(bool(row.must) for row in truth.named),
        misnamed=misnamed(result, truth),
    )


def _said(truth: RepTruth, named: RepBody) -> bool:
    """The record itself says that what was wrong could not be judged."""
    return truth.pattern in HIP_PATTERNS and named.hips == "not_judged"


def _match(
    reps: Sequence[RepBody], truths: Sequence[RepTruth]
) -> tuple[list[RepBody | None], list[RepBody]]:
    """For each rep really done the one that was counted for it, and those left over.

    A counted rep belongs to the real one in whose time its bottom lies, the nearest peak first.
    """
    matched: list[RepBody | None] = [None] * len(truths)
    left = []
    for rep in reps:
        fitting = [
            i
            for i, truth in enumerate(truths)
            if matched[i] is None and truth.start_s - EDGE_S <= rep.bottom_s <= truth.end_s + EDGE_S
        ]
        if not fitting:
            left.append(rep)
            continue
        best = min(fitting, key=lambda i: abs(truths[i].peak_s - rep.bottom_s))
        matched[best] = rep
    return matched, left


def _set_row(
    number: int, one: SetTruth, truth: ScenarioTruth, matched: Sequence[RepBody | None]
) -> SetRow:
    own = [i for i, rep in enumerate(truth.reps) if rep.set_index == number]
    counted = sum(matched[i] is not None for i in own)
    unscored = sum((rep := matched[i]) is not None and rep.verdict == "UNSCORED" for i in own)
    hidden = sum(truth.reps[i].hidden for i in own)
    missing = [i for i in own if matched[i] is None]
    return SetRow(
        who=one.who,
        start_s=round(one.start_s, 2),
        end_s=round(one.end_s, 2),
        reps=one.reps,
        counted=counted,
        unscored=unscored,
        hidden=hidden,
        right=all(truth.reps[i].hidden for i in missing),
    )


def _why(time_s: float, phases: Sequence[Phase]) -> str:
    for phase in phases:
        if phase.start_s <= time_s < phase.end_s:
            return phase.why
    return "between two things"


def sounds_s(result: Result) -> list[float]:
    """When the buzzer began to sound, in s; the tones of one sound count once."""
    begun: list[float] = []
    on, ended_s = False, -1.0
    for change in result.outputs:
        if change.pin != "buzzer":
            continue
        if change.value > 0.0 and not on and change.time_s - ended_s > 0.2:
            begun.append(change.time_s)
        if change.value == 0.0 and on:
            ended_s = change.time_s
        on = change.value > 0.0
    return begun


def _in_a_set(time_s: float, sets: Sequence[SetTruth]) -> bool:
    return any(one.start_s <= time_s <= one.end_s + SOUND_AFTER_S for one in sets)


def _unnamed(phase: Phase, result: Result, truth: ScenarioTruth) -> Unnamed | None:
    spans = [(phase.start_s + NAMED_S, phase.end_s)]
    for trouble in truth.troubles:
        # While a chip fails, and until it can be named again, nothing is asked.
        cut = (trouble.start_s, trouble.end_s + RECOVERY_S + NAMED_S)
        spans = [piece for span in spans for piece in without(span, cut)]
    wrong_s, shown = 0.0, []
    for start_s, end_s in spans:
        for from_s, to_s, name in _states(result.state, start_s, end_s):
            if name not in phase.states:
                wrong_s += to_s - from_s
                shown.append(name)
    if wrong_s <= 0.0:
        return None
    return Unnamed(
        start_s=round(phase.start_s, 2),
        end_s=round(phase.end_s, 2),
        wrong_s=round(wrong_s, 2),
        expected=phase.states,
        shown=tuple(dict.fromkeys(shown)),
        why=phase.why,
    )


def _states(
    states: Sequence[StateRow], start_s: float, end_s: float
) -> list[tuple[float, float, str]]:
    """(from, to, name) of what was shown between two times."""
    out = []
    names = ["IDLE", *(row.name for row in states)]
    starts = [float("-inf"), *(row.time_s for row in states)]
    ends = [*starts[1:], float("inf")]
    for name, from_s, to_s in zip(names, starts, ends, strict=True):
        a, b = max(from_s, start_s), min(to_s, end_s)
        if a < b:
            out.append((a, b, name))
    return out


def hour_table(report: HourReport) -> Table:
    """For people: one line for each goal."""
    table = Table(title=f"{report.source}: {report.duration_s / 60:.0f} min at the wall")
    table.add_column("what")
    table.add_column("right", justify="right")
    table.add_column("of", justify="right")
    right = sum(row.right for row in report.sets)
    wrong = [one for one in report.wrong_good if one.seen]
    blind = len(report.wrong_good) - len(wrong)
    table.add_row("sets counted right", str(right), str(len(report.sets)))
    table.add_row("good reps named GOOD", str(report.good_named), str(report.good_reps))
    table.add_row("states named within 2 s", *_share(report.states, len(report.unnamed)))
    unsaid = sum(bool(row.expected) for row in report.misnamed)
    table.add_row("conditions named within 2 s", *_share(report.conditions, unsaid))
    for what, count in (
        ("bad reps named GOOD", len(wrong)),
        ("... whose pad cannot tell", blind),
        ("reps that nobody did", len(report.ghosts)),
        ("... listed as UNSCORED", report.unscored_ghosts),
        ("conditions named that do not hold", len(report.misnamed) - unsaid),
        ("sounds outside sets", len(report.buzzes_outside)),
    ):
        table.add_row(what, str(count), "0 wanted" if not what.startswith("...") else "")
    return table


def _share(of: int, wrong: int) -> tuple[str, str]:
    return str(of - wrong), str(of)
