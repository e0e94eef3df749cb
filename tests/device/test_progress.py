"""What a set says of the next one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.drills import DRILLS
from device.progress import (
    Answers,
    SetResult,
    advise,
    furthest_tap_m,
    may_progress,
    must_stop,
    period_cv,
    set_result,
    start_drill,
    taps_of,
)
from device.wall import FIRST_TAP_DEG, REST_DEG, Tap, heels_for_tap_m, stand_off_m
from services.schema import FaultEntry, RepBody
from tests.device.test_sets import rep

GATE = DRILLS["dowel"].gate
FELT_RIGHT = Answers(pain=1, felt=frozenset({"hamstrings", "glutes"}))
GOOD_SET = SetResult(10, 9)


def taps(found: Sequence[bool], gap_m: float = 0.18, verdict: str = "GOOD") -> list[RepBody]:
    return [
        msgspec.structs.replace(
            rep(4.0 * n, verdict),
            tapped=hit,
            hip_travel_mm=1e3 * gap_m - (2.0 if hit else 40.0),
            tap_gap_mm=2.0 if hit else 40.0,
        )
        for n, hit in enumerate(found)
    ]


# -- the gate ---------------------------------------------------------------------------------


def test_two_good_sets_and_good_answers_open_the_gate() -> None:
    assert may_progress(GATE, 10, [SetResult(10, 2), GOOD_SET, GOOD_SET], FELT_RIGHT).ok


@pytest.mark.parametrize(
    ("sets", "answers", "why"),
    [
        ([GOOD_SET], FELT_RIGHT, "1 of 2 full sets"),
        ([GOOD_SET, SetResult(7, 7)], FELT_RIGHT, "1 of 2 full sets"),
        ([SetResult(10, 8), GOOD_SET], FELT_RIGHT, "1 of the last 2 sets under 90% good"),
        ([GOOD_SET, GOOD_SET], FELT_RIGHT._replace(pain=4), "pain 4 of 10, at most 3"),
        ([GOOD_SET, GOOD_SET], FELT_RIGHT._replace(pain=None), "pain not answered"),
        ([GOOD_SET, GOOD_SET], Answers(1, frozenset({"back"})), "felt in the back"),
        ([GOOD_SET, GOOD_SET], Answers(1), "where it was felt not answered"),
    ],
)
def test_what_keeps_the_gate_shut_is_said(
    sets: list[SetResult], answers: Answers, why: str
) -> None:
    assert may_progress(GATE, 10, sets, answers) == (False, (why,))


def test_the_deadlift_opens_to_those_who_feel_hamstrings_or_glutes() -> None:
    gate = DRILLS["split_rdl"].gate
    sets = [GOOD_SET, GOOD_SET]
    other = Answers(0, frozenset({"other"}))
    assert may_progress(GATE, 10, sets, other).ok
    assert may_progress(gate, 8, sets, other).why == ("not felt in glutes or hamstrings",)
    assert may_progress(gate, 8, sets, Answers(0, frozenset({"glutes"}))).ok
    assert DRILLS["split_rdl"].harder == DRILLS["swing"].harder == "deadlift"


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=5))
def test_a_better_set_never_shuts_the_gate(counts: list[tuple[int, int]]) -> None:
    sets = [SetResult(max(a, b), min(a, b)) for a, b in counts]
    better = [SetResult(s.scored, s.scored) for s in sets]
    if may_progress(GATE, 10, sets, FELT_RIGHT).ok:
        assert may_progress(GATE, 10, better, FELT_RIGHT).ok


@pytest.mark.parametrize(
    ("before", "now", "stop"),
    [(None, 5, False), (None, 6, True), (1, 2, False), (1, 3, True), (5, 5, False), (6, 6, True)],
)
def test_pain_above_five_or_up_by_two_stops(before: int | None, now: int, stop: bool) -> None:
    assert must_stop(before, now) is stop


def test_unscored_reps_count_for_neither_side() -> None:
    assert set_result([rep(), rep(verdict="UNSCORED"), rep(verdict="HEAD")]) == (2, 1)


# -- the screen -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdicts", "drill"),
    [
        (("GOOD", "GOOD", "GOOD"), "dowel"),
        (("KNEE_DRIVEN", "GOOD", "KNEE_DRIVEN"), "butt_taps"),
        (("HIPS_NOT_BACK", "SACRUM", "SACRUM"), "dowel"),
        (("HIPS_NOT_BACK", "SACRUM", "GOOD"), "butt_taps"),
        (("UNSCORED", "OVERARCH", "UNSCORED"), "lockout"),
    ],
)
def test_the_screen_picks_the_drill_of_its_main_fault(
    verdicts: tuple[str, ...], drill: str
) -> None:
    reps = [rep(4.0 * n, verdict) for n, verdict in enumerate(verdicts)]
    assert start_drill(reps) == drill
    found = advise(DRILLS["screen"], reps, 1.7)
    assert (found.code, found.drill) == ("start", drill)
    assert DRILLS[drill].title in found.text


def test_a_screen_without_a_scored_rep_picks_nothing() -> None:
    assert start_drill([rep(verdict="UNSCORED")]) is None
    assert advise(DRILLS["screen"], [rep(verdict="UNSCORED")], 1.7).drill is None


# -- where to stand ---------------------------------------------------------------------------


def test_seen_taps_are_taken_with_their_gap_and_tilt() -> None:
    reps = [msgspec.structs.replace(rep, tap_tilt_deg=40.0) for rep in taps([True, False, True])]
    assert taps_of(reps) == (Tap(0.18, 40.0 + REST_DEG),) * 2
    assert taps_of(taps([True])) == ()


def test_three_missed_taps_say_the_new_mark() -> None:
    found = advise(DRILLS["butt_taps"], taps([True, False, False, False]), 1.7)
    heels_m = 0.18 + stand_off_m(1.7)
    assert found.code == "closer"
    assert found.heels_m == pytest.approx(heels_m - 0.05, abs=1e-3)
    assert found.text == f"Move 5 cm closer: heels at {100 * (heels_m - 0.05):.0f} cm"


def test_ten_of_ten_taps_go_three_cm_further() -> None:
    found = advise(DRILLS["butt_taps"], taps([True] * 10), 1.7, heels_m=0.20)
    assert (found.code, found.heels_m) == ("further", 0.23)
    assert found.text == "3 cm further: heels at 23 cm"


def test_who_stands_at_the_first_mark_and_misses_sets_the_feet_wider() -> None:
    first_m = heels_for_tap_m(1.7, FIRST_TAP_DEG, REST_DEG)
    assert advise(DRILLS["butt_taps"], taps([False] * 3), 1.7, first_m).code == "wider"
    assert advise(DRILLS["butt_taps"], taps([False] * 3), 1.7, first_m + 0.01).code == "closer"


def test_some_taps_and_some_misses_change_nothing_of_the_mark() -> None:
    found = advise(DRILLS["butt_taps"], taps([True, False] * 5), 1.7)
    assert found.heels_m is None


def test_the_ladder_keeps_the_furthest_tap_with_all_contacts() -> None:
    near, far, lost = taps([True], 0.15), taps([True], 0.21), taps([True], 0.25)
    lost[0] = msgspec.structs.replace(lost[0], faults=(FaultEntry("SACRUM", "live", 2.0),))
    missed = taps([False], 0.28)
    reps = [*near, *far, *lost, *missed]
    assert furthest_tap_m(reps) == pytest.approx(0.21)
    found = advise(DRILLS["distance_ladder"], reps, 1.7)
    assert found.code == "record"
    assert found.heels_m == pytest.approx(0.21 + stand_off_m(1.7), abs=5e-3)
    assert furthest_tap_m([*lost, *missed]) is None


# -- easier, harder ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("good", "of", "code", "drill"),
    [
        (10, 10, "harder", "unassisted"),
        (9, 10, "harder", "unassisted"),
        (8, 10, "same", None),
        (7, 7, "same", None),
        (5, 10, "same", None),
        (4, 10, "easier", "butt_taps"),
    ],
)
def test_a_good_set_leads_on_and_a_poor_one_back(
    good: int, of: int, code: str, drill: str | None
) -> None:
    reps = [rep(4.0 * n, "GOOD" if n < good else "HEAD") for n in range(of)]
    found = advise(DRILLS["dowel"], reps, 1.7)
    assert (found.code, found.drill) == (code, drill)


def test_nothing_is_advised_on_what_was_not_seen() -> None:
    for name, reps in (("dowel", []), ("dowel", [rep(verdict="UNSCORED")]), ("log_only", [rep()])):
        assert advise(DRILLS[name], reps, 1.7).text == ""


# -- rhythm -----------------------------------------------------------------------------------


def test_the_period_s_variation_is_that_of_bottom_to_bottom() -> None:
    even = [rep(1.5 * n) for n in range(5)]
    assert period_cv(even) == pytest.approx(0.0, abs=1e-9)
    uneven = [rep(t) for t in (0.0, 1.0, 3.0)]
    assert period_cv(uneven) == pytest.approx(0.5**0.5 / 1.5)
    assert period_cv(even[:2]) is None
