"""A set's end: why, with what summary, and exactly once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from device.pipeline import Pipeline, Setting
from device.set_end import why_ended
from device.tick import SetDone
from tests.device.rig import HEAD, SACRUM, T0_NS, THORACIC, Track, World, hinge, squat, visit

ALL_OFF = tuple((pad, 12.0, 99.0) for pad in (HEAD, THORACIC, SACRUM))
SETTING = Setting(stature_m=1.70, reps=2, origin_ns=T0_NS)


@dataclass
class Seen:
    """Sets with the time they came at, the number of reps at that time, and the state."""

    sets: list[tuple[float, SetDone, int, str | None]]
    reps: int
    unfinished: tuple[SetDone, ...]


def play(world: World | Track, setting: Setting = SETTING) -> Seen:
    world = World(world) if isinstance(world, Track) else world
    pipeline = Pipeline(setting)
    seen = Seen([], 0, ())
    for tick in world.ticks():
        output = pipeline.step(tick)
        seen.reps += len(output.reps)
        for done in output.sets:
            seen.sets.append(((tick.t_ns - T0_NS) * 1e-9, done, seen.reps, output.state))
    seen.unfinished = pipeline.finish()
    return seen


def test_a_set_of_its_reps_ends_by_count_and_the_next_knows_its_rest() -> None:
    seen = play(visit(3.0).reps(2).stand(4.0, hinge()).reps(2, squat()).stand(2.0))
    (_, one, at_one, state), (_, two, at_two, _) = seen.sets
    assert (one.set_index, two.set_index) == (1, 2)
    assert (at_one, at_two, state) == (2, 4, "RESTING")
    assert (one.summary.ended, one.summary.reps, one.summary.good) == ("count", 2, 2)
    assert one.summary.rest_before_s is None
    assert two.summary.rest_before_s == pytest.approx(
        two.summary.start_s - one.summary.end_s, abs=1e-3
    )
    assert two.summary.rest_before_s is not None
    assert 4.0 < two.summary.rest_before_s < 6.5
    assert (two.summary.good, two.summary.main_fault) == (0, "KNEE_DRIVEN")
    assert one.summary.peak_tilt_deg.mean == pytest.approx(47.0, abs=1.0)
    assert seen.unfinished == ()


def test_stop_ends_it() -> None:
    world = World(visit(3.0).rep().stand(3.0), keys=((8.5, "stop"),))
    ((t_s, done, _, _),) = play(world, replace(SETTING, reps=10)).sets
    assert t_s == pytest.approx(8.5, abs=0.01)
    assert (done.summary.ended, done.summary.reps) == ("stop", 1)


def test_twenty_idle_seconds_end_it() -> None:
    ((t_s, done, _, state),) = play(visit(3.0).rep().stand(22.0), replace(SETTING, reps=10)).sets
    assert (done.summary.ended, state) == ("idle", "RESTING")
    assert 20.0 < t_s - done.summary.end_s < 22.0


def test_a_dowel_taken_off_breaks_it_off() -> None:
    world = World(visit(3.0).rep().stand(10.0), opens=ALL_OFF)
    ((_, done, _, state),) = play(world, replace(SETTING, reps=10)).sets
    assert (done.summary.ended, state) == ("dowel_off", "NEAR")


def test_leaving_breaks_it_off() -> None:
    world = World(visit(3.0).rep().stand(10.0), nobody=((12.0, 99.0),), opens=ALL_OFF)
    ((_, done, _, _),) = play(world, replace(SETTING, reps=10)).sets
    assert done.summary.ended in ("left", "dowel_off")
    assert done.summary.reps == 1


def test_moving_to_another_distance_breaks_it_off() -> None:
    world = World(visit(3.0).rep().stand(8.0), closer=((9.0, 120.0),))
    ((_, done, _, state),) = play(world, replace(SETTING, reps=10)).sets
    assert (done.summary.ended, state) == ("moved", "SET_UP")


def test_what_is_under_way_at_the_end_is_given_by_finish() -> None:
    seen = play(visit(3.0).rep().stand(2.0), replace(SETTING, reps=10))
    assert seen.sets == []
    (done,) = seen.unfinished
    assert (done.set_index, done.summary.ended, done.summary.reps) == (1, "end", 1)


def test_a_set_without_a_rep_is_none() -> None:
    seen = play(visit(3.0).rep(hinge(8.0)).stand(25.0), replace(SETTING, reps=10))
    assert (seen.sets, seen.reps, seen.unfinished) == ([], 0, ())


@pytest.mark.parametrize(
    ("state", "stopped", "done", "why"),
    [
        ("RESTING", False, True, "count"),
        ("RESTING", True, True, "stop"),
        ("RESTING", False, False, "idle"),
        ("LEFT", False, True, "left"),
        ("IDLE", False, False, "left"),
        ("NEAR", True, False, "dowel_off"),
        ("DOWEL_UP", False, False, "dowel_off"),
        ("SET_UP", False, False, "moved"),
        ("READY", False, False, "interrupted"),
    ],
)
def test_the_next_state_says_why(state: str, stopped: bool, done: bool, why: str) -> None:
    assert why_ended(state, stopped=stopped, done=done) == why  # type: ignore[arg-type]  # a state
