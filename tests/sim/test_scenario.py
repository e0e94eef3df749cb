"""A scenario on the time line: order of things, joins, truth, faults of the world, memory."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.sim.body import Rep
from drivers.sim.dowel import GRAVITY
from drivers.sim.hours import HOUR_S, gym_hour, quiet_hours
from drivers.sim.person import KEPT
from drivers.sim.scenario import ScenarioScene
from drivers.sim.scenario_file import FOR_S, Fault, Person, Scenario, Station, Step
from drivers.sim.scenario_plan import LONGEST_S, opened_pads, plan
from drivers.sim.scene import Motion6
from drivers.sim.wall_life import SUN_KCPS

ANN, BOB = Person("ann", 1.6), Person("bob", 1.8)


def scenario(*steps: Step, fault: tuple[Fault, ...] = (), ann: Person = ANN) -> Scenario:
    return Scenario(Station((0.8, 0.95)), (ann, BOB), steps, fault)


def names(wanted: Scenario) -> list[str]:
    return [piece.step for piece in plan(wanted).pieces]


def felt(scene: ScenarioScene, t_s: float) -> tuple[Motion6, tuple[float, float, float]]:
    t_ns = round(t_s * 1e9)
    return scene.imu(t_ns), scene.pad_force_n(t_ns)


# -- order of things ----------------------------------------------------------------------------


def test_what_a_set_needs_first_is_put_in() -> None:
    assert names(scenario(Step("ann", "set", reps=2))) == [
        "approach", "pick_up", "stand", "hinge", "hinge", "stand",
    ]  # fmt: skip


def test_somebody_else_comes_when_the_first_has_hung_it_up_and_gone() -> None:
    steps = names(scenario(Step("ann", "stand"), Step("bob", "stand")))
    assert steps == [
        "approach", "pick_up", "stand", "hang_up", "leave",
        "approach", "pick_up", "stand", "stand",
    ]  # fmt: skip


def test_a_dowel_on_the_floor_is_picked_up_from_there() -> None:
    pieces = plan(scenario(Step("ann", "drop_dowel"), Step("bob", "stand"))).pieces
    assert [(piece.step, piece.dowel) for piece in pieces] == [
        ("approach", "hung"), ("drop_dowel", "hung"), ("leave", "floor"), ("approach", "floor"),
        ("pick_up", "floor"), ("stand", "back"), ("stand", "back"),
    ]  # fmt: skip


def test_upside_down_begins_on_the_hook_and_passing_by_with_nobody_there() -> None:
    assert names(scenario(Step("ann", "stand"), Step("ann", "upside_down")))[3] == "hang_up"
    assert names(scenario(Step("ann", "loiter"), Step("bob", "pass_by"))) == [
        "approach", "loiter", "leave", "pass_by", "nobody",
    ]  # fmt: skip


def test_patterns_take_turns() -> None:
    step = Step("ann", "set", pattern=("hinge", "squat", "rounding"), reps=5)
    assert names(scenario(step))[3:8] == ["hinge", "squat", "rounding", "hinge", "squat"]


def test_long_steps_come_in_parts_and_an_empty_wall_in_one() -> None:
    pieces = plan(scenario(Step("ann", "loiter", for_s=100.0), Step("ann", "away", for_s=900.0)))
    parts = [piece.for_s for piece in pieces.pieces if piece.step == "loiter"]
    assert len(parts) == 4
    assert sum(parts) == pytest.approx(100.0, abs=0.05)
    assert max(parts) <= LONGEST_S
    assert [piece.for_s for piece in pieces.pieces if piece.step == "nobody"] == [900.0, 3.0]


def test_touch_and_go_leaves_no_pause_and_pauses_keep_their_bounds() -> None:
    quick = Step("ann", "set", pause_s=(0.0, 0.0), tempo_s=(1.0, 1.5))
    truth = plan(scenario(quick)).truth
    for one, other in itertools.pairwise(truth.reps):
        assert other.start_s - one.end_s == pytest.approx(0.0, abs=2e-4)
        assert 1.0 <= one.peak_s - one.start_s <= 1.5 + 0.12
    slow = Step("ann", "set", pause_s=(0.5, 0.9))
    truth = plan(scenario(slow)).truth
    gaps = [b.start_s - a.end_s for a, b in itertools.pairwise(truth.reps)]
    assert min(gaps) > 0.49
    assert max(gaps) < 0.91


def test_the_same_seed_gives_the_same_plan() -> None:
    wanted = scenario(Step("ann", "set"))
    assert plan(wanted, 3) == plan(wanted, 3)
    assert plan(wanted, 3).truth != plan(wanted, 4).truth


# -- joins ------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.sampled_from(["ann", "bob"]), st.sampled_from([*FOR_S, "set"])),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 99),
)
@settings(max_examples=12)
def test_pieces_join_without_a_jump(steps: list[tuple[str, str]], seed: int) -> None:
    """The dowel does not turn or leap, and no pad changes, between two pieces."""
    wanted = scenario(
        *(Step(who, do, reps=1) for who, do in steps)  # type: ignore[arg-type]  # of FOR_S
    )
    scene = ScenarioScene(wanted, seed)
    pieces = plan(wanted, seed).pieces
    felt(scene, 0.0)
    for piece in pieces[:-1]:
        before, force_before = felt(scene, piece.end_s - 0.005)
        after, force_after = felt(scene, piece.end_s + 0.005)
        assert np.hypot(before.ax - after.ax, before.az - after.az) < 1.0, piece
        assert max(map(abs, (after.gx, after.gy, after.gz))) < 0.1, piece
        assert np.allclose(force_before, force_after, atol=0.5), piece


# -- truth ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rep", "opens"),
    [
        (Rep(), ()),
        (Rep(lumbar_deg=11.5), ()),
        (Rep(lumbar_deg=12.5), ("sacrum",)),
        (Rep(neck_deg=14.5), ()),
        (Rep(neck_deg=-15.5), ("head",)),
        (Rep("overarch", arch_deg=8.0), ("thoracic",)),
        (Rep(neck_deg=20.0, lumbar_deg=20.0), ("head", "sacrum")),
    ],
)
def test_pads_open_by_the_angles_of_the_rep(rep: Rep, opens: tuple[str, ...]) -> None:
    assert opened_pads(rep) == opens


def test_the_truth_says_what_the_pads_really_do() -> None:
    wanted = scenario(Step("ann", "set", pattern=("hinge", "rounding", "head_drop"), reps=6))
    scene = ScenarioScene(wanted, 5)
    for rep in scene.truth.reps:
        times = np.arange(rep.start_s, rep.end_s, 0.02)
        forces = np.array([felt(scene, float(t))[1] for t in times])
        is_open = [pad for pad, force in zip(("head", "thoracic", "sacrum"), forces.T, strict=True)
                   if (force == 0.0).any()]  # fmt: skip
        assert tuple(is_open) == rep.opened
        assert rep.bad == (rep.pattern == "head_drop" or bool(rep.opened))


def test_a_pad_that_never_closes_is_no_opening_and_its_fault_cannot_be_seen() -> None:
    bun = Person("ann", never_closes=("head",))
    step = Step("ann", "set", pattern=("head_drop", "rounding"), reps=2)
    dropped, rounded = plan(scenario(step, ann=bun)).truth.reps
    assert (dropped.opened, dropped.bad, dropped.seen) == ((), True, False)
    assert (rounded.opened, rounded.bad, rounded.seen) == (("sacrum",), True, True)
    held = Person("ann", always_closes=("sacrum",))
    _, rounded = plan(scenario(step, ann=held)).truth.reps
    assert not rounded.seen


def test_a_rep_during_a_fault_is_hidden() -> None:
    step = Step("ann", "set", reps=4)
    reps = plan(scenario(step)).truth.reps
    fault = Fault(round(reps[1].peak_s, 3), "imu", "unplug", 0.2)
    again = plan(scenario(step, fault=(fault,))).truth
    assert [rep.hidden for rep in again.reps][:2] == [False, True]
    assert not again.reps[3].hidden
    assert again.troubles[0].start_s == fault.at_s
    # With a rep unseen the station cannot know that a set of ten is over.
    ten, rest = Step("ann", "set"), Step("ann", "rest")
    for faults, states in (
        ((), ("RESTING",)),
        ((fault,), ("SET", "RESTING", "READY", "SET_UP")),
    ):
        phases = plan(scenario(ten, rest, fault=faults)).truth.phases
        assert [p.states for p in phases if p.why == "standing between two sets"] == [states]


def test_states_that_should_be_shown() -> None:
    steps = [Step("ann", "set", reps=10), Step("ann", "rest"), Step("ann", "drop_dowel")]
    steps += [Step("ann", "leave"), Step("ann", "away", for_s=9.0)]
    truth = plan(scenario(*steps)).truth
    by = {phase.why: phase for phase in truth.phases}
    assert by["ann does reps"].states == ("SET",)
    assert by["somebody stands tall, ready"].states == ("READY",)
    assert by["standing between two sets"].states == ("RESTING",)
    assert by["the dowel lies on the floor"].states == ("NEAR", "IDLE", "LEFT")
    # The wall is empty to the end of the tail: one phase, not two.
    assert by["nobody is here"].states == ("IDLE", "LEFT")
    assert by["nobody is here"].end_s - by["nobody is here"].start_s == pytest.approx(12.0)


# -- what the world adds ------------------------------------------------------------------------


def test_sun_and_noise_last_as_long_as_the_fault() -> None:
    faults = (
        Fault(6.0, "tof", "sunlight", 1.0),
        Fault(8.0, "tof", "noise", 1.0),
        Fault(6.0, "imu", "noise", 1.0),
        Fault(14.0, "pads", "noise", 2.0),
    )
    wanted = scenario(Step("ann", "stand", for_s=12.0))
    plain, marred = ScenarioScene(wanted), ScenarioScene(
        scenario(Step("ann", "stand", for_s=12.0), fault=faults)
    )  # fmt: skip

    def ambient(t_s: float) -> float:
        return marred.reflection(0, round(t_s * 1e9)).ambient_kcps

    assert [ambient(t) for t in (5.99, 6.01, 6.99, 7.01)] == [50.0, SUN_KCPS, SUN_KCPS, 50.0]
    for from_s, chip in ((6.0, "imu"), (8.0, "tof"), (14.0, "pads")):
        for begin_s, differs in ((from_s - 0.5, False), (from_s, True)):
            times = [round((begin_s + 0.01 * k) * 1e9) for k in range(1, 45)]
            for t_ns in times:
                plain.imu(t_ns)
            same = {
                "imu": all(plain.imu(t) == marred.imu(t) for t in times),
                "tof": all(plain.reflection(1, t) == marred.reflection(1, t) for t in times),
                "pads": all(plain.pad_force_n(t) == marred.pad_force_n(t) for t in times),
            }
            assert same[chip] is not differs, (chip, begin_s)


def test_hours_are_forgotten_as_they_pass() -> None:
    scene = ScenarioScene(quiet_hours(0.2, 1))
    scene.imu(0)
    for t_s in np.arange(0.0, scene.duration_s, 1.0):
        scene.imu(round(float(t_s) * 1e9))
        assert len(scene.played) <= KEPT
    assert scene.duration_s == pytest.approx(0.2 * HOUR_S, abs=60.0)


# -- the scripted hours -------------------------------------------------------------------------


def test_the_gym_hour_has_everything_of_life_at_the_wall() -> None:
    hour = gym_hour(2)
    truth = plan(hour, 2).truth
    done = {step.do for step in hour.step}
    assert set(FOR_S) - done <= {"approach", "pick_up", "stand"}
    assert len({one.who for one in truth.sets}) == 12
    statures = [person.stature_m for person in hour.person if person.id != "child"]
    girths = [person.girth for person in hour.person if person.id != "child"]
    assert (min(statures), max(statures)) == (1.5, 2.0)
    assert (min(girths), max(girths)) == (0.85, 1.35)
    assert truth.duration_s == pytest.approx(HOUR_S, abs=30.0)
    patterns = {"hinge", "squat", "knees_first", "trunk_bend", "rounding", "head_drop"}
    assert {rep.pattern for rep in truth.reps} == patterns
    assert any(one.reps == 3 and one.who == "trainer" for one in truth.sets)
    # Each fault falls into a set.
    for trouble in truth.troubles:
        assert any(one.start_s < trouble.start_s < one.end_s for one in truth.sets)


def test_quiet_hours_have_no_reps_and_differ_by_seed() -> None:
    hours = quiet_hours(2.0, 5)
    truth = plan(hours, 5).truth
    assert truth.reps == ()
    assert truth.sets == ()
    assert truth.duration_s == pytest.approx(2 * HOUR_S, abs=60.0)
    assert quiet_hours(2.0, 6) != hours
    assert {step.do for step in hours.step} >= {"away", "pass_by", "loiter", "clean", "leave"}
    assert all("SET" not in phase.states for phase in truth.phases)


def test_an_upright_dowel_feels_gravity_and_a_lying_one_feels_it_across() -> None:
    scene = ScenarioScene(scenario(Step("ann", "drop_dowel"), Step("ann", "leave")))
    assert felt(scene, 1.0)[0].ax == pytest.approx(GRAVITY, abs=0.01)
    assert felt(scene, 7.9)[0].ax == pytest.approx(0.0, abs=0.3)
    assert felt(scene, 14.5)[0].az == pytest.approx(GRAVITY, abs=0.01)
