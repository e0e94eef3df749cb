"""An hour judged: every kind of mistake is found, and nothing else."""

from __future__ import annotations

from io import StringIO

import msgspec
import pytest
from rich.console import Console

from device.workbench.hour import HourReport, hour_table, judge_hour, sounds_s
from device.workbench.result import HealthRow, OutputRow, Result, StateRow
from drivers.sim.scenario_truth import Phase, RepTruth, ScenarioTruth, SetTruth, Trouble
from services.schema import ContactLoss, RepBody


def rep(start_s: float, verdict: str = "GOOD", length_s: float = 4.0) -> RepBody:
    return RepBody(
        start_s=start_s,
        bottom_s=start_s + length_s / 2,
        end_s=start_s + length_s,
        peak_tilt_deg=45.0,
        hip_travel_mm=200.0,
        hip_drop_mm=10.0,
        hip_return_mm=0.0,
        hinge_ratio=1.0,
        shin_angle_deg=1.0,
        knee_flexion_deg=10.0,
        drop_angle_deg=1.0,
        excess_drop_mm=0.0,
        early_drop_mm=0.0,
        onset_lag_s=0.0,
        peak_rate_dps=40.0,
        t_down_s=2.0,
        t_hold_s=0.0,
        t_up_s=2.0,
        contact_loss_ms=ContactLoss(0, 0, 0),
        valid=verdict != "UNSCORED",
        verdict=verdict,
        contacts="judged",
    )


def true_rep(
    start_s: float,
    pattern: str = "hinge",
    *,
    set_index: int = 0,
    seen: bool = True,
    hidden: bool = False,
) -> RepTruth:
    end_s = start_s + 4.0
    bad = pattern != "hinge"
    return RepTruth("ann", set_index, pattern, start_s, start_s + 2.0, end_s, (), bad, seen, hidden)


def truth(
    reps: tuple[RepTruth, ...] = (),
    phases: tuple[Phase, ...] = (),
    troubles: tuple[Trouble, ...] = (),
) -> ScenarioTruth:
    numbers = dict.fromkeys(one.set_index for one in reps)
    sets = []
    for number in numbers:
        own = [one for one in reps if one.set_index == number]
        sets.append(SetTruth("ann", own[0].start_s, own[-1].end_s, len(own)))
    return ScenarioTruth(100.0, reps, tuple(sets), phases, troubles)


def result(
    reps: tuple[RepBody, ...] = (),
    states: tuple[tuple[float, str], ...] = (),
    buzz: tuple[tuple[float, float], ...] = (),
) -> Result:
    return Result(
        source="made",
        drill="dowel",
        duration_s=100.0,
        reps=list(reps),
        cues=[],
        outputs=[OutputRow(t, "buzzer", value) for t, value in buzz],
        state=[StateRow(t, name) for t, name in states],
        health=HealthRow({"imu": 1, "tof": 1, "contact": 1}, 0, 0, 0),
    )


def judged(got: Result, real: ScenarioTruth) -> HourReport:
    return judge_hour(got, real)


def test_a_set_counted_right_has_no_findings() -> None:
    real = truth((true_rep(10.0), true_rep(15.0, "squat")))
    report = judged(result((rep(10.1), rep(15.2, "KNEE_DRIVEN"))), real)
    assert report.findings == []
    assert (report.sets[0].counted, report.sets[0].reps, report.sets[0].right) == (2, 2, True)
    assert (report.good_named, report.good_reps) == (1, 1)


def test_a_missed_rep_and_a_ghost_are_found() -> None:
    real = truth((true_rep(10.0), true_rep(15.0)), (Phase(40.0, 60.0, ("IDLE",), "cleaning"),))
    report = judged(result((rep(10.1), rep(48.0), rep(52.0, "UNSCORED"))), real)
    assert not report.sets[0].right
    assert [(ghost.start_s, ghost.why) for ghost in report.ghosts] == [(48.0, "cleaning")]
    assert report.unscored_ghosts == 1
    assert len(report.findings) == 2


def test_two_reps_counted_for_one_are_one_and_a_ghost() -> None:
    real = truth((true_rep(10.0),))
    report = judged(result((rep(10.0, length_s=1.5), rep(11.6, length_s=2.0))), real)
    assert report.sets[0].counted == 1
    assert len(report.ghosts) == 1


@pytest.mark.parametrize(("seen", "findings"), [(True, 1), (False, 0)])
def test_a_bad_rep_named_good_counts_where_sensors_could_tell(seen: bool, findings: int) -> None:
    report = judged(result((rep(10.0),)), truth((true_rep(10.0, "rounding", seen=seen),)))
    assert [one.pattern for one in report.wrong_good] == ["rounding"]
    assert len(report.findings) == findings


def test_a_rep_in_which_a_sensor_failed_may_be_missing_or_unscored_but_not_wrongly_good() -> None:
    real = truth((true_rep(10.0), true_rep(15.0, "squat", hidden=True)))
    assert judged(result((rep(10.0),)), real).findings == []
    assert judged(result((rep(10.0), rep(15.0, "UNSCORED"))), real).findings == []
    assert len(judged(result((rep(10.0), rep(15.0))), real).findings) == 1


def test_an_unscored_rep_is_counted_but_not_good() -> None:
    report = judged(result((rep(10.0, "UNSCORED"),)), truth((true_rep(10.0),)))
    assert report.sets[0].right
    assert report.sets[0].unscored == 1
    assert (report.good_named, report.good_reps) == (0, 1)


@pytest.mark.parametrize(
    ("at_s", "outside"), [(9.9, True), (10.1, False), (15.9, False), (16.1, True)]
)
def test_sound_belongs_to_a_set_and_the_two_seconds_after_it(at_s: float, outside: bool) -> None:
    # The set is from 10 to 14 s.
    got = result((rep(10.0),), buzz=((at_s, 880.0), (at_s + 0.05, 0.0)))
    report = judged(got, truth((true_rep(10.0),)))
    assert report.buzzes == 1
    assert report.buzzes_outside == ([at_s] if outside else [])


def test_the_tones_of_one_sound_count_once() -> None:
    tones = ((1.0, 1.0), (1.08, 0.0), (1.16, 1.0), (1.24, 0.0), (2.0, 1.0), (2.1, 1.0), (2.2, 0.0))
    assert sounds_s(result(buzz=tones)) == [1.0, 2.0]


@pytest.mark.parametrize(
    ("states", "wrong_s"),
    [
        (((5.0, "NEAR"), (11.9, "SET"), (30.0, "NEAR")), 0.0),
        (((5.0, "NEAR"), (12.5, "SET"), (30.0, "NEAR")), 0.5),
        (((5.0, "SET"), (18.0, "NEAR"), (18.4, "SET")), 0.4),
        (((5.0, "SET"), (19.0, "NEAR")), 1.0),
        ((), 8.0),
    ],
)
def test_a_state_must_be_named_within_two_seconds_and_kept(
    states: tuple[tuple[float, str], ...], wrong_s: float
) -> None:
    real = truth(phases=(Phase(10.0, 20.0, ("SET", "RESTING"), "reps"),))
    report = judged(result(states=states), real)
    assert sum(row.wrong_s for row in report.unnamed) == pytest.approx(wrong_s)
    assert len(report.findings) == (wrong_s > 0)
    assert report.states == 1


def test_while_a_chip_fails_no_state_is_asked_for() -> None:
    phases = (Phase(10.0, 30.0, ("SET",), "reps"),)
    states = ((5.0, "SET"), (15.1, "NEAR"), (19.4, "SET"))
    assert judged(result(states=states), truth(phases=phases)).unnamed[0].wrong_s == 4.3
    troubled = truth(phases=phases, troubles=(Trouble(15.0, 16.0),))
    assert judged(result(states=states), troubled).unnamed == []
    late = ((5.0, "SET"), (15.1, "NEAR"), (19.6, "SET"))
    assert judged(result(states=late), troubled).unnamed[0].wrong_s == pytest.approx(0.1)


def test_the_report_is_json_and_a_table() -> None:
    report = judged(result((rep(10.0),)), truth((true_rep(10.0, "squat"),)))
    again = msgspec.json.decode(msgspec.json.encode(report), type=HourReport)
    assert again == report
    console = Console(width=100, record=True, file=StringIO())
    console.print(hour_table(report))
    assert "bad reps named GOOD" in console.export_text()
