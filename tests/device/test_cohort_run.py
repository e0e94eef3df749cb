"""The account of a set: what was counted against what was done, cues and delays."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from device.workbench.cohort_people import Person, PlannedRep, PlannedSet, draw_person, plan_set
from device.workbench.cohort_run import AdviceLimits, RepRow, SetRow, account, loss_rows
from device.workbench.cohort_truth import Opening, Series, rep_truth, series_of
from device.workbench.result import CueRow, HealthRow, OutputRow, Result
from drivers.sim.player import MotionScene
from services.schema import ContactLoss, FaultEntry, RepBody

LIMITS = AdviceLimits(37.0, 58.0)
PERSON = msgspec.structs.replace(draw_person(3, 0), pads="fsr", touch_and_go=1.0)


def rep_of(plan: PlannedRep, verdict: str = "GOOD", **changes: Any) -> RepBody:
    body = RepBody(
        start_s=plan.start_s + 0.1,
        bottom_s=plan.start_s + plan.rep.down_s,
        end_s=plan.end_s - 0.05,
        peak_tilt_deg=45.0,
        hip_travel_mm=150.0,
        hip_drop_mm=30.0,
        hip_return_mm=0.0,
        hinge_ratio=1.0,
        shin_angle_deg=2.0,
        knee_flexion_deg=20.0,
        drop_angle_deg=10.0,
        excess_drop_mm=1.0,
        early_drop_mm=0.0,
        onset_lag_s=0.0,
        peak_rate_dps=40.0,
        t_down_s=2.0,
        t_hold_s=0.3,
        t_up_s=2.0,
        contact_loss_ms=ContactLoss(),
        valid=True,
        verdict=verdict,
        contacts="judged",
    )
    return msgspec.structs.replace(body, **changes)


def result_of(
    reps: list[RepBody], cues: list[CueRow] | None = None, outputs: list[OutputRow] | None = None
) -> Result:
    health = HealthRow({}, 0, 0, 0)
    return Result("made", "dowel", 60.0, reps, cues or [], outputs or [], [], health)


def played(name: str, person: Person = PERSON) -> tuple[PlannedSet, Series]:
    planned = plan_set(person, name)
    scene = MotionScene(planned.motion, sacrum_opens_deg=20.0)
    return planned, series_of(scene, planned.motion)


def accounted(
    planned: PlannedSet, series: Series, result: Result, person: Person = PERSON
) -> tuple[SetRow, list[RepRow]]:
    return account(person, planned, result, series, LIMITS)


def test_all_counted() -> None:
    planned, series = played("good 1")
    row, reps = accounted(planned, series, result_of([rep_of(r) for r in planned.reps]))
    assert row.exact
    assert (row.reps, row.counted, row.missed, row.ghosts, row.unscored) == (10, 10, 0, 0, 0)
    assert row.touch_and_go == 9
    assert all(rep.accepted and rep.touch_and_go for rep in reps)
    assert [rep.number for rep in reps] == list(range(1, 11))


def test_one_missed_and_one_that_nobody_did() -> None:
    planned, series = played("good 1")
    bodies = [rep_of(r) for r in planned.reps]
    ghost = rep_of(planned.reps[0], start_s=0.1, bottom_s=0.5, end_s=1.0)
    row, reps = accounted(planned, series, result_of([ghost, *bodies[:4], *bodies[5:]]))
    assert (row.counted, row.missed, row.ghosts, row.exact) == (10, 1, 1, False)
    assert [rep.number for rep in reps if rep.verdict is None] == [5]
    assert not reps[4].accepted
    assert reps[4].measured_tilt_deg is None


def test_two_reps_counted_as_one_are_one_missed() -> None:
    planned, series = played("good 1")
    bodies = [rep_of(r) for r in planned.reps]
    both = msgspec.structs.replace(bodies[0], end_s=bodies[1].end_s)
    row, _ = accounted(planned, series, result_of([both, *bodies[2:]]))
    assert (row.missed, row.ghosts) == (1, 0)


def test_unscored_is_counted_but_says_nothing() -> None:
    planned, series = played("squat")
    bodies = [rep_of(r, "UNSCORED") for r in planned.reps]
    row, reps = accounted(planned, series, result_of(bodies))
    assert (row.exact, row.unscored) == (True, 10)
    assert not any(rep.accepted for rep in reps)


def test_a_cue_at_the_end_belongs_to_the_rep_that_ended() -> None:
    """In touch-and-go the next rep has begun when it is told."""
    planned, series = played("good 1")
    bodies = [rep_of(r) for r in planned.reps]
    cue = CueRow(planned.reps[2].start_s + 0.2, "KNEES_FIRST", ["led", "buzzer"])
    _, reps = accounted(planned, series, result_of(bodies, [cue]))
    assert [rep.number for rep in reps if rep.told] == [2]
    assert reps[1].false_cues == ("KNEES_FIRST",)
    assert reps[1].live_cue_s is None


def test_a_live_cue_belongs_to_the_rep_under_way() -> None:
    planned, series = played("squat")
    at_s = planned.reps[2].start_s + 0.9
    live = FaultEntry("KNEE_DRIVEN", "live", at_s, told=True)
    bodies = [rep_of(r, "KNEE_DRIVEN") for r in planned.reps]
    bodies[2] = msgspec.structs.replace(bodies[2], faults=(live,))
    cue = CueRow(at_s + 0.005, "KNEE_DRIVEN", ["led", "buzzer"])
    _, reps = accounted(planned, series, result_of(bodies, [cue]))
    assert [rep.number for rep in reps if rep.told] == [3]
    assert reps[2].false_cues == ()
    # From when it could first be seen, which is a little after the rep began.
    onset_s = rep_truth(series, *planned.reps[2][1:3], PERSON.stature_m).onset_s
    assert onset_s > planned.reps[2].start_s + 0.1
    assert reps[2].live_cue_s == pytest.approx(at_s + 0.005 - onset_s, abs=1e-3)


def test_a_cue_before_any_rep_is_stray() -> None:
    planned, series = played("good 1")
    bodies = [rep_of(r) for r in planned.reps]
    row, reps = accounted(planned, series, result_of(bodies, [CueRow(0.2, "SENSOR", ["led"])]))
    assert row.stray_cues == ("SENSOR",)
    assert not any(rep.told for rep in reps)


def test_without_pads_nothing_is_said_to_have_opened() -> None:
    planned, series = played("rounding")
    series.force_n[:, 2] = 0.0
    bare = msgspec.structs.replace(PERSON, pads="none")
    bodies = result_of([rep_of(r) for r in planned.reps])
    assert accounted(planned, series, bodies)[1][0].opened == ("sacrum",)
    assert accounted(planned, series, bodies, bare)[1][0].opened == ()


@pytest.mark.parametrize(
    ("lamp_s", "event_s", "sound_s", "expected"),
    [
        (0.012, 0.092, 0.262, (12.0, 92.0, 262.0)),
        # Out before the pad has lost all force, blinking again later.
        (-0.050, 0.030, None, (-50.0, 30.0, None)),
        (0.700, 0.700, 2.0, (None, None, None)),
    ],
)
def test_delays_after_an_opening(
    lamp_s: float,
    event_s: float,
    sound_s: float | None,
    expected: tuple[float | None, ...],
) -> None:
    planned, _ = played("rounding")
    open_s = planned.reps[0].start_s + 1.0
    fault = FaultEntry("SACRUM", "live", open_s + event_s, told=sound_s is not None)
    cues = [] if sound_s is None else [CueRow(open_s + sound_s, "SACRUM", ["led", "buzzer"])]
    outputs = [
        OutputRow(open_s + lamp_s, "led_sacrum_lost", 1.0),
        OutputRow(open_s + lamp_s + 0.25, "led_sacrum_lost", 0.0),
        OutputRow(open_s + 0.001, "led_head_lost", 1.0),
    ]
    result = result_of([rep_of(planned.reps[0], "SACRUM", faults=(fault,))], cues, outputs)
    (row,) = loss_rows(PERSON, [Opening("sacrum", open_s, 1.2)], result)
    assert (row.pad, row.length_s) == ("sacrum", 1.2)
    assert (row.lamp_ms, row.event_ms, row.sound_ms) == expected


def test_an_opening_outside_of_reps_has_no_delay() -> None:
    planned, _ = played("rounding")
    result = result_of([rep_of(planned.reps[0])])
    assert loss_rows(PERSON, [Opening("sacrum", 0.3, 0.5)], result) == []


def test_a_muted_cue_is_no_sound() -> None:
    planned, _ = played("rounding")
    open_s = planned.reps[0].start_s + 1.0
    fault = FaultEntry("SACRUM", "live", open_s + 0.08, told=True)
    cue = CueRow(open_s + 0.26, "SACRUM", ["led"])
    result = result_of([rep_of(planned.reps[0], faults=(fault,))], [cue])
    (row,) = loss_rows(PERSON, [Opening("sacrum", open_s, 1.0)], result)
    assert row.sound_ms is None
    assert row.event_ms == 80.0


def test_truths_of_a_planned_set_are_its_reps() -> None:
    planned, series = played("squat")
    _, reps = accounted(planned, series, result_of([]))
    for plan, row in zip(planned.reps, reps, strict=True):
        assert row.tilt_deg == pytest.approx(plan.rep.peak_tilt_deg, abs=1.0)
        assert row.shin_deg == pytest.approx(plan.rep.shin_deg, abs=1.5)
    assert np.mean([row.drop_mm for row in reps]) > 60.0
