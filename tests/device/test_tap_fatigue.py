"""Taps missed and sets that turn bad: found at once, told late."""

from __future__ import annotations

from dataclasses import replace

import pytest

from device.coach import Coach
from device.drills import DRILLS
from device.faults import RepView
from device.faults.fatigue import FATIGUE
from device.limits import STAGES
from device.score import Score
from device.verdict import find, name
from tests.device.made import ALL, BY_CODE, GOOD, MS, S
from tests.device.test_sets import rep

TAPS = DRILLS["butt_taps"]


def tap_view(tapped: bool | None) -> RepView:
    return RepView(replace(GOOD, tapped=tapped), TAPS, 1.70, True, ALL)


@pytest.mark.parametrize(("tapped", "found"), [(True, False), (False, True), (None, False)])
def test_a_missed_tap_is_found_in_tap_drills(tapped: bool | None, found: bool) -> None:
    view = tap_view(tapped)
    findings = find(view)
    assert ("NO_TAP" in {f.fault.code for f in findings}) is found
    assert name(view, findings) == "GOOD"


def test_other_drills_want_no_tap() -> None:
    view = RepView(replace(GOOD, tapped=False), DRILLS["dowel"], 1.70, True, ALL)
    assert "NO_TAP" not in {f.fault.code for f in find(view)}


def test_three_misses_in_a_row_are_told_and_a_tap_between_starts_again() -> None:
    coach = Coach(STAGES["learn"])
    told = []
    for number, tapped in enumerate((False, False, True, False, False, False, False)):
        t_ns = (20 + 5 * number) * S
        view = tap_view(tapped)
        triggers = coach.rep_end(t_ns, find(view), view)
        told.append(any(trigger.told for trigger in triggers))
        assert (coach.step(t_ns, frozenset()) is not None) == told[-1]
    assert told == [False, False, False, False, False, True, True]


def test_no_tap_waits_for_three() -> None:
    assert BY_CODE["NO_TAP"].in_a_row == 3
    assert {fault.in_a_row for code, fault in BY_CODE.items() if code != "NO_TAP"} == {1}


def test_a_tiring_set_advises_to_stop_after_two_reps_running() -> None:
    score = Score()
    score.new_set()
    for _ in range(7):
        score.add(rep(), 1.75)
    advised = []
    for _ in range(4):
        score.add(rep(loss_ms=2400), 1.75)
        advised.append(score.stop_advised)
    assert advised[0] is False
    assert advised[-1] is True
    score.new_set()
    assert not score.stop_advised
    assert (score.set_index, score.rep_index) == (2, 0)


def test_fatigue_is_told_only_when_nothing_else_is() -> None:
    free, busy = Coach(STAGES["learn"]), Coach(STAGES["learn"])
    assert free.end_free(20 * S, FATIGUE) is None
    told = free.step(20 * S, frozenset())
    assert told is not None
    assert told.fault is FATIGUE
    squat = RepView(replace(GOOD, hinge_ratio=0.5), DRILLS["dowel"], 1.70, True, ALL)
    busy.rep_end(20 * S, find(squat), squat)
    assert busy.end_free(20 * S, FATIGUE) == "priority"
    said = busy.step(20 * S + MS, frozenset())
    assert said is not None
    assert said.code == "HIPS_NOT_BACK"


def test_fatigue_is_not_told_in_stages_that_tell_nothing_after_a_rep() -> None:
    assert Coach(STAGES["probe"]).end_free(20 * S, FATIGUE) == "stage"


def test_fatigue_waits_out_quiet_reps() -> None:
    coach = Coach(STAGES["learn"])
    assert coach.end_free(20 * S, FATIGUE, hush="silent rep") == "silent rep"
    assert coach.end_free(20 * S, FATIGUE, faded=True) == "faded"
    assert coach.end_free(20 * S, FATIGUE) is None
