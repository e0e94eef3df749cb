"""The motor in the dowel: its own IMU feels it, and the verdicts must not."""

from __future__ import annotations

from itertools import pairwise
from math import hypot
from pathlib import Path

import pytest

from device.attitude import Pose
from device.coaching import Coaching
from device.config import parse
from device.config_model import Config
from device.errors import ConfigError
from device.turning import Turning
from device.workbench import motion_run
from device.workbench.motion_run import MotionOptions, Played, load_motion, play_motion
from drivers.samples import ImuSample
from drivers.sim.clock import VirtualClock
from drivers.sim.motor import FORGET_S, Motor, ShakenScene
from drivers.sim.rig import Fitted, SimRig
from drivers.sim.scene import Motion6, StillScene
from tests.device.made import MS, S
from tests.device.rig import World, hinge, run, visit

MOTIONS = Path(__file__).parents[1] / "data" / "motions"
STILL = Motion6(9.80665, 0.0, 0.0, 0.0, 0.0, 0.0)
ON = "[outputs]\nvibration = true\n"


def felt(motor: Motor, t_ns: int) -> float:
    """How hard the motor shakes, in m/s2."""
    shaken = motor.shake(t_ns, STILL)
    return hypot(shaken.ax - STILL.ax, shaken.az)


def test_a_motor_spins_up_runs_and_runs_down() -> None:
    motor = Motor(175.0, peak_ms2=3.0)
    assert motor.shake(S, STILL) == STILL
    motor.switch(S, on=True)
    forces = [felt(motor, S + ms * MS) for ms in range(0, 300, 10)]
    assert forces == sorted(forces)
    assert forces[0] == pytest.approx(0.0, abs=1e-9)
    assert forces[-1] == pytest.approx(3.0, rel=0.01)
    motor.switch(2 * S, on=False)
    assert felt(motor, 2 * S) == pytest.approx(3.0, rel=0.01)
    assert felt(motor, 2 * S + 180 * MS) < 0.03
    assert motor.shake(2 * S + round(FORGET_S * 1e9), STILL) == STILL


def test_at_speed_it_turns_at_its_frequency() -> None:
    motor = Motor(175.0)
    motor.switch(0, on=True)
    ups = [motor.shake(S + i * MS // 10, STILL).ax > STILL.ax for i in range(10_000)]
    assert sum(b and not a for a, b in pairwise(ups)) in (174, 175, 176)


def test_the_dowels_chip_feels_its_own_pin_and_nothing_else_does() -> None:
    clock = VirtualClock()
    scene = ShakenScene(StillScene(), Motor(), clock)
    scene.supply(1.0)
    t_ns = clock.now_ns() + 300 * MS
    assert scene.imu(t_ns) != STILL
    assert scene.reflection(0, t_ns) == StillScene().reflection(0, t_ns)
    assert scene.pad_force_n(t_ns) == StillScene().pad_force_n(t_ns)
    motor = Motor()
    rig = SimRig(StillScene(), clock, Fitted(motor=motor, motor_pin=12))
    pin = rig.pins.factory.pin(12)
    pin.function = "output"
    pin.state = 1
    assert felt(motor, clock.now_ns() + 300 * MS) > 2.9
    pin.state = 0
    assert felt(motor, clock.now_ns() + 300 * MS) < 0.1


# -- the verdicts do not feel it -------------------------------------------------------------


def play(name: str, config: Config) -> Played:
    motion = load_motion(MOTIONS / f"{name}.csv")
    return play_motion(config, motion, MotionOptions(), source=name)


@pytest.mark.parametrize("name", ["CMU_13__13_30_Squat_11s", "VUA_s1__stoop1_2D"])
@pytest.mark.parametrize("hz", [140, 160, 175, 178])
def test_drop_tilt_and_verdicts_stay_with_the_motor_running(name: str, hz: int) -> None:
    quiet = play(name, Config()).result
    shaken = play(name, parse(f"{ON}vibration_hz = {hz}\n")).result
    shakes = [row for row in shaken.outputs if row.pin == "vibration" and row.value]
    assert shakes
    assert [rep.verdict for rep in shaken.reps] == [rep.verdict for rep in quiet.reps]
    assert [cue.code for cue in shaken.cues] == [cue.code for cue in quiet.cues]
    for a, b in zip(shaken.reps, quiet.reps, strict=True):
        assert a.hip_drop_mm is not None
        assert a.hip_drop_mm == pytest.approx(b.hip_drop_mm, abs=6.0)
        assert a.peak_tilt_deg == pytest.approx(b.peak_tilt_deg, abs=0.3)
        assert a.side_lean_deg == pytest.approx(b.side_lean_deg, abs=0.5)


def test_a_motor_at_the_imus_own_rate_would_look_like_a_movement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Why such motors are refused: the same replay, its motor as fast as the IMU is read."""
    name = "CMU_13__13_30_Squat_11s"
    quiet = play(name, Config()).result
    monkeypatch.setattr(motion_run, "Motor", lambda hz: Motor(208.0))
    wrecked = play(name, parse(ON)).result
    errors = [
        abs((a.hip_drop_mm or 0.0) - (b.hip_drop_mm or 0.0))
        for a, b in zip(wrecked.reps, quiet.reps, strict=False)
    ]
    assert len(wrecked.reps) != len(quiet.reps) or max(errors) > 15.0  # all that a drop may be off


@pytest.mark.parametrize(("hz", "rate", "most"), [(208, 208, 178), (235, 208, 178), (100, 104, 74)])
def test_a_motor_too_near_the_imus_rate_is_refused(hz: int, rate: int, most: int) -> None:
    text = f"{ON}vibration_hz = {hz}\n[imu]\nodr_hz = {rate}\n"
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert caught.value.problems[0].startswith(
        f"configuration: outputs.vibration_hz: got {hz}, expected at most {most}: an IMU read at"
    )
    # Without a motor its frequency does not matter.
    assert parse(text.replace("true", "false")).outputs.vibration_hz == hz


def test_a_contacts_pulses_in_mid_rep_leave_its_own_name_alone() -> None:
    world = World(visit(3.0).rep(hinge(), pause_s=2.0), opens=((2, 4.0, 4.6),))
    log = run(world, coaching=Coaching(vibration=True))
    assert len(log.rises("vibration")) == 2
    assert log.told("KNEE_DRIVEN") == []
    assert log.verdicts == ["SACRUM"]


def test_the_motor_is_no_knock() -> None:
    turning, clean = Turning(208.0), Turning(208.0)
    for i in range(20):
        t_ns = i * 5 * MS
        sample = ImuSample(t_ns, 9.8 + 4.0 * (-1) ** (i // 2), 0.0, 0.0, 0.0, 0.0, 0.0)
        pose = Pose(t_ns, 0.0, 0.0, 0.0, 0.0, 0.0)
        shaken = i < 10
        turning.add(sample, pose, shaken=shaken)
        clean.add(sample if not shaken else sample._replace(ax=9.8), pose)
    assert turning.knocks_ns(0, 50 * MS) == ()
    assert clean.knocks_ns(0, S) != ()
