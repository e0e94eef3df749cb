"""A station with an MPU-6050 beside one with the LSM6DSOX: the same reps, the same names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from device.config import parse
from device.workbench.motion_run import Late, MotionOptions, load_motion, play_motion, play_scene
from device.workbench.replay import replay_recording, simulate
from device.workbench.result import Result
from drivers.sim.mpu6050 import SimMpu6050
from drivers.sim.rig import SimRig
from drivers.sim.scenario import ScenarioScene
from drivers.sim.scenario_file import Person, Scenario, Station, Step

MOTIONS = Path(__file__).parents[1] / "data" / "motions"
CHOSEN = (
    "CMU_13__13_30_Squat_11s",
    "CMU_14__14_20_UpDown_14s",
)
IMU = '[imu]\nchip = "mpu6050"\n'
SLOW = "[bus.dowel]\nhz = 100000\n"
SCENARIO = Scenario(Station(), (Person("a"),), (Step("a", "set", reps=4), Step("a", "leave")), ())


@pytest.mark.parametrize("name", CHOSEN)
@pytest.mark.parametrize("bus", ["", SLOW], ids=["400 kHz", "100 kHz"])
@pytest.mark.parametrize("seed", [0, 5])
def test_it_counts_and_judges_as_with_the_other_imu(name: str, bus: str, seed: int) -> None:
    motion = load_motion(MOTIONS / f"{name}.csv")
    options = MotionOptions(seed=seed)
    one = play_motion(parse(bus), motion, options, source=name).result
    other = play_motion(parse(IMU + bus), motion, options, source=name).result
    assert [rep.verdict for rep in other.reps] == [rep.verdict for rep in one.reps]
    for mine, theirs in zip(other.reps, one.reps, strict=True):
        assert mine.start_s == pytest.approx(theirs.start_s, abs=0.1)
        assert mine.peak_tilt_deg == pytest.approx(theirs.peak_tilt_deg, abs=1.0)
        if theirs.hip_drop_mm is not None:
            assert mine.hip_drop_mm == pytest.approx(theirs.hip_drop_mm, abs=15.0)
    assert other.health.samples["imu"] / other.duration_s == pytest.approx(200.0, rel=0.012)
    assert other.health.bus_errors == 0


def test_a_recording_gives_the_same_reps_bit_for_bit(tmp_path: Path) -> None:
    """The rate that the samples' times follow is found on the way; the replay knows only them."""
    out = tmp_path / "one.mcap"
    first = simulate(parse(IMU), MOTIONS / f"{CHOSEN[1]}.csv", out, MotionOptions(seed=3))
    again = replay_recording(out, MotionOptions())
    assert len(first.reps) >= 1
    assert first.reps == again.reps
    assert first.cues == again.cues
    assert first.outputs == again.outputs
    assert first.state == again.state


def _with_a_cut(at_s: float) -> Result:
    """Four good reps; at ``at_s`` the chip's registers go back to reset, and it answers on."""
    scene = ScenarioScene(SCENARIO, 0)

    def watch(rig: SimRig, t0_ns: int) -> Callable[[int], None]:
        chip = rig.dowel.chip(SimMpu6050)
        due = [t0_ns + round(at_s * 1e9)]

        def each_tick(t_ns: int) -> None:
            if due and t_ns >= due[0]:
                due.clear()
                chip.power_cycle()
                chip.silent_until_ns = 0

        return each_tick

    return play_scene(
        parse(IMU),
        Late(scene),
        seed=0,
        duration_s=scene.duration_s,
        tofs=1,
        offset_s=0.0,
        source="cut",
        watch=watch,
    )


def test_a_silent_reset_in_a_rep_unscores_it_and_no_other() -> None:
    bottom_s = ScenarioScene(SCENARIO, 0).truth.reps[1].peak_s
    cut = _with_a_cut(bottom_s)
    assert [rep.verdict for rep in cut.reps] == ["GOOD", "UNSCORED", "GOOD", "GOOD"]
    assert cut.reps[1].unscored_by == "imu"
    assert cut.health.bus_errors == 1
    assert cut.health.stale_ms < 350


def test_a_silent_reset_between_reps_costs_none() -> None:
    truth = ScenarioScene(SCENARIO, 0).truth
    between_s = 0.5 * (truth.reps[1].end_s + truth.reps[2].start_s)
    cut = _with_a_cut(between_s)
    assert len(cut.reps) == 4
    assert cut.health.bus_errors == 1
