"""Random people: their spread, their habits, and the sets they are planned to do."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from device.workbench.cohort_people import (
    BEAM_M,
    FASTEST_S,
    FAULTS,
    GOOD_SETS,
    RATE_HZ,
    REPS,
    SETS,
    SLOWEST_S,
    STAND_S,
    Habits,
    Person,
    draw_person,
    plan_set,
)
from drivers.sim.body import draw_rep

PEOPLE = [draw_person(31, number) for number in range(300)]


def with_touch_and_go(share: float) -> Person:
    return next(person for person in PEOPLE if person.touch_and_go == share)


def test_people_fill_the_ranges_they_are_drawn_from() -> None:
    ranges: tuple[tuple[list[float], float, float], ...] = (
        ([p.stature_m for p in PEOPLE], 1.5, 2.0),
        ([p.girth for p in PEOPLE], 0.85, 1.35),
        ([p.down_s for p in PEOPLE], FASTEST_S, SLOWEST_S),
        ([p.beam_m for p in PEOPLE], *BEAM_M),
        ([p.sway_mm for p in PEOPLE], 3.0, 9.0),
        ([p.pause_s for p in PEOPLE], 0.1, 1.0),
    )
    for values, low, high in ranges:
        assert low <= min(values) < low + 0.05 * (high - low)
        assert high - 0.05 * (high - low) < max(values) <= high
    opens = [p.sacrum_opens_deg for p in PEOPLE]
    assert np.mean(opens) == pytest.approx(12.0, abs=0.6)
    assert np.std(opens) == pytest.approx(3.6, abs=0.6)
    assert 0.4 < np.mean([p.typed_stature_m is not None for p in PEOPLE]) < 0.6
    assert 0.08 < np.mean([p.pads == "none" for p in PEOPLE]) < 0.22
    assert 0.15 < np.mean([p.touch_and_go == 1.0 for p in PEOPLE]) < 0.35
    assert all(FASTEST_S <= p.up_s <= SLOWEST_S for p in PEOPLE)


def test_a_typed_stature_is_a_little_wrong() -> None:
    off = [p.typed_stature_m / p.stature_m - 1 for p in PEOPLE if p.typed_stature_m is not None]
    assert max(map(abs, off)) < 0.025
    assert np.std(off) == pytest.approx(0.009, abs=0.002)


def test_nobody_stands_so_near_that_they_would_hit_the_wall() -> None:
    for person in PEOPLE[:20]:
        for name in GOOD_SETS:
            hip_m = plan_set(person, name).motion.hip[:, 0]
            assert hip_m[0] - hip_m.min() < person.gap_m + 0.03
    assert all(0.25 <= person.gap_m <= 0.60 for person in PEOPLE)


def test_a_person_is_the_same_in_every_cohort_of_a_seed() -> None:
    assert draw_person(31, 5) == PEOPLE[5]
    assert draw_person(32, 5) != PEOPLE[5]
    one, again = plan_set(PEOPLE[5], "squat"), plan_set(PEOPLE[5], "squat")
    assert one.reps == again.reps
    assert one.sensor_seed == again.sensor_seed
    assert np.array_equal(one.motion.hip, again.motion.hip)


def test_half_of_the_variance_is_the_persons_own() -> None:
    """Over many people: the variance between their means, and that within them."""
    tilts = []
    for number in range(400):
        habits = Habits([9, number], [8, number])
        mine = []
        for _ in range(12):
            habits.next_rep()
            mine.append(draw_rep("hinge", habits).peak_tilt_deg)
        tilts.append(mine)
    table = np.array(tilts)
    within = float(table.var(axis=1, ddof=1).mean())
    between = float(table.mean(axis=1).var(ddof=1)) - within / 12
    assert between == pytest.approx(24.5, rel=0.2)
    assert within == pytest.approx(24.5, rel=0.1)
    assert float(table.mean()) == pytest.approx(47.0, abs=0.6)


def test_habits_return_in_every_set_but_reps_differ() -> None:
    first, second = (plan_set(PEOPLE[0], name).reps for name in GOOD_SETS[:2])
    assert {astuple(r.rep) for r in first}.isdisjoint({astuple(r.rep) for r in second})
    means = [
        [float(np.mean([r.rep.shin_deg for r in plan_set(p, name).reps])) for name in GOOD_SETS[:2]]
        for p in PEOPLE[:40]
    ]
    assert np.corrcoef(np.array(means).T)[0, 1] > 0.8


def test_habits_take_one_number_at_a_time() -> None:
    with pytest.raises(ValueError, match="one number at a time"):
        Habits([1], [2]).normal(0.0, 2.0)


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_ten_reps_that_join_without_a_jump(name: str) -> None:
    person = PEOPLE[3]
    planned = plan_set(person, name)
    assert len(planned.reps) == REPS
    assert planned.reps[0].start_s == STAND_S
    for before, after in zip(planned.reps, planned.reps[1:], strict=False):
        pause_s = after.start_s - before.end_s
        if after.touch_and_go:
            assert pause_s == pytest.approx(0.0, abs=1e-9)
        else:
            assert 0.09 <= pause_s <= 1.01
        assert 0.9 * person.down_s <= after.rep.down_s <= 1.1 * person.down_s
    step_m = np.abs(np.diff(planned.motion.hip, axis=0)).max()
    assert step_m * RATE_HZ < 1.2
    after_s = planned.motion.duration_s - planned.reps[-1].end_s
    assert STAND_S - 0.02 <= after_s <= STAND_S + 1.01


def test_patterns_of_a_set() -> None:
    for name in FAULTS:
        assert {r.rep.pattern for r in plan_set(PEOPLE[1], name).reps} == {name}
    for name in GOOD_SETS:
        assert {r.rep.pattern for r in plan_set(PEOPLE[1], name).reps} == {"hinge"}
    mixed = [r.rep.pattern for r in plan_set(PEOPLE[1], "mixed").reps]
    assert mixed.count("hinge") == REPS // 2
    assert len(set(mixed)) > 1


def test_touch_and_go_people_do_not_pause() -> None:
    always, never = with_touch_and_go(1.0), with_touch_and_go(0.0)
    assert [r.touch_and_go for r in plan_set(always, "good 1").reps] == [False, *[True] * 9]
    assert not any(r.touch_and_go for r in plan_set(never, "good 1").reps)
