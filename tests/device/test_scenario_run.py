"""Scenario files through chips, drivers and pipeline; faults of the rig at their times."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from device.config import parse
from device.config_model import Config
from device.errors import EX_BAD_INPUT, InputFileError, UnreadableMotion, exit_code
from device.workbench.hour import HourReport, judge_hour
from device.workbench.motion_run import MotionOptions
from device.workbench.replay import replay
from device.workbench.scenario_run import PlayedScenario, load_scenario, play_scenario, station_of
from drivers.sim.clock import VirtualClock
from drivers.sim.hours import gym_hour
from drivers.sim.rig import Fitted, SimRig
from drivers.sim.rig_faults import RigFaults
from drivers.sim.scenario_file import Fault, Person, Scenario, Station, Step, scenario_toml
from drivers.sim.scenario_plan import plan
from drivers.sim.scene import StillScene
from drivers.sim.vl53l1x import SimVl53l1x

SCENARIOS = Path(__file__).parents[1] / "data" / "scenarios"
HOLDS = (
    "back-without-dowel",
    "bag-and-passers",
    "cable-pulled",
    "cleaning",
    "coat-hem",
    "covered",
    "dropped",
    "hair-bun",
    "hand-on-hung-dowel",
    "hand-on-pad-in-set",
    "held-loosely",
    "hung-up-after-a-set",
    "hung-up-in-a-set",
    "leaning",
    "power-cut",
    "sun-on-dark-cloth",
    "sunny-rest",
    "touch-and-go",
    "trainer",
    "cables-pulled",
    "changed-person",
    "child",
    "hand-in-set",
    "second-body",
    "slow-reps",
    "stuck-pads",
    "too-far",
    "too-near",
    "upside-down-and-turned",
)
"""Scenarios in which the station does all that it should."""
IMU = 0x6A


def judged(name: str) -> tuple[PlayedScenario, HourReport]:
    played = play_scenario(Config(), load_scenario(SCENARIOS / f"{name}.toml"), source=name)
    return played, judge_hour(played.result, played.truth)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOLDS)
def test_the_station_does_what_it_should(name: str) -> None:
    played, report = judged(name)
    assert report.findings == []
    assert len(played.truth.phases) > 2


def test_every_scenario_of_the_folder_can_be_read_and_planned() -> None:
    files = sorted(SCENARIOS.glob("*.toml"))
    assert {path.stem for path in files} >= {*HOLDS, "gym-hour"}
    for path in files:
        assert plan(load_scenario(path)).truth.duration_s > 20.0


def test_replay_takes_a_scenario_and_gives_its_states(tmp_path: Path) -> None:
    path = tmp_path / "short.toml"
    steps = (Step("a", "set", pattern=("hinge", "squat"), reps=2), Step("a", "leave"))
    people = (Person("a", 1.7),)
    path.write_text(scenario_toml(Scenario(person=people, step=steps)))
    result = replay(Config(), path, MotionOptions(tof_heights_m=(0.8, 0.9)))
    assert result.source == "short.toml"
    assert [rep.verdict for rep in result.reps] == ["GOOD", "KNEE_DRIVEN"]
    names = [row.name for row in result.state]
    assert names[:5] == ["NEAR", "DOWEL_UP", "SET_UP", "READY", "SET"]
    # 0 s of the scenario is 0 s of the result, and the truth agrees with what was counted.
    truth = plan(Scenario(person=people, step=steps)).truth
    for rep, real in zip(result.reps, truth.reps, strict=True):
        assert rep.bottom_s == pytest.approx(real.peak_s, abs=0.6)


def test_the_station_is_the_scenarios() -> None:
    scenario = Scenario(Station((0.75, 0.88, 1.01), gap_m=0.3, pads="mpr121"))
    config = station_of(Config(), scenario)
    assert config.tof.heights_m == (0.75, 0.88, 1.01)
    assert len(set(config.tof.addresses)) == 3
    assert (config.tof.gap_m, config.pads.chip) == (0.3, "mpr121")
    one = station_of(Config(), Scenario())
    assert (one.tof.addresses, one.tof.heights_m) == ((0x29,), (0.88,))
    assert one.pads.chip == "ads1115"
    assert not station_of(Config(), Scenario(Station(pads="none"))).pads.fitted


@pytest.mark.parametrize("pads", ["mpr121", "none"])
def test_other_pads_than_force_pads_can_be_played(pads: str) -> None:
    station = msgspec.convert({"pads": pads}, Station)
    scenario = Scenario(station, (Person("a"),), (Step("a", "stand", for_s=6.0),))
    result = play_scenario(Config(), scenario, source="x").result
    assert (result.health.samples["contact"] > 0) is (pads != "none")
    assert result.health.bus_errors == 0


def test_a_file_that_cannot_be_played(tmp_path: Path) -> None:
    path = tmp_path / "typo.toml"
    path.write_text("[statoin]\n")
    with pytest.raises(UnreadableMotion, match=r"typo\.toml: statoin: got an unknown key") as bad:
        load_scenario(path)
    assert exit_code(bad.value) == EX_BAD_INPUT
    with pytest.raises(InputFileError, match=os.strerror(errno.ENOENT)) as missing:
        load_scenario(tmp_path / "none.toml")
    assert exit_code(missing.value) == EX_BAD_INPUT


def test_the_command_says_a_typo_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "typo.toml"
    path.write_text('[[person]]\nid = "a"\n[[step]]\nwho = "b"\ndo = "set"\n')
    run = subprocess.run(
        [sys.executable, "-m", "hinge", "replay", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == EX_BAD_INPUT
    assert run.stderr.strip().endswith("step[0].who: got 'b', expected one of a")
    assert "Traceback" not in run.stderr


# -- faults of the rig ------------------------------------------------------------------------


class Wall:
    """A rig and its faults on a virtual clock."""

    def __init__(self, *faults: Fault) -> None:
        self.clock = VirtualClock(0)
        fitted = Fitted(tofs=1)
        self.rig = SimRig(StillScene(), self.clock, fitted)
        self.faults = RigFaults(self.rig, faults, 0)

    def at(self, t_s: float) -> Wall:
        self.clock.sleep_until_ns(round(t_s * 1e9))
        self.faults.step(self.clock.now_ns())
        return self

    def error(self, address: int, *, wall: bool = False) -> int | None:
        bus = self.rig.wall if wall else self.rig.dowel
        try:
            bus.write_read(address, [b"\x0f"], 1)
        except OSError as error:
            return error.errno
        return None


@pytest.mark.parametrize("kind", ["unplug", "nack", "power_cycle"])
def test_a_chip_is_silent_from_the_faults_beginning_to_its_end(kind: str) -> None:
    fault = msgspec.convert({"at_s": 2.0, "for_s": 1.0, "chip": "imu", "kind": kind}, Fault)
    wall = Wall(fault)
    assert wall.at(1.99).error(IMU) is None
    assert wall.at(2.01).error(IMU) == errno.EREMOTEIO
    assert wall.error(0x48) is None
    assert wall.at(2.99).error(IMU) == errno.EREMOTEIO
    wall.at(3.0)
    assert wall.at(3.2).error(IMU) is None


def test_power_is_lost_when_unplugged_and_kept_when_only_silent() -> None:
    for kind, kept in (("unplug", False), ("power_cycle", False), ("nack", True)):
        fault = msgspec.convert({"at_s": 1.0, "for_s": 0.5, "chip": "imu", "kind": kind}, Fault)
        wall = Wall(fault)
        wall.rig.dowel.write_byte_data(IMU, 0x10, 0x50)  # CTRL1_XL: 208 Hz
        wall.at(1.0)
        wall.at(1.5)
        wall.at(2.0)
        assert (wall.rig.dowel.read_byte_data(IMU, 0x10) == 0x50) is kept


def test_a_whole_bus_is_unplugged_or_stuck() -> None:
    wall = Wall(Fault(1.0, "bus-3", "unplug", 1.0), Fault(4.0, "bus-1", "stuck", 1.0))
    wall.at(1.0)
    assert wall.error(IMU) == errno.EREMOTEIO
    assert wall.error(0x48) == errno.EREMOTEIO
    assert wall.error(0x29, wall=True) is None
    wall.at(2.0)
    wall.at(2.5)
    assert wall.error(IMU) is None
    wall.at(4.0)
    assert wall.error(0x29, wall=True) == errno.ETIMEDOUT
    assert wall.error(IMU) is None
    wall.at(5.0)
    assert wall.error(0x29, wall=True) is None


def test_a_ranger_freezes_or_sticks_and_goes_on() -> None:
    chip = Wall().rig.wall.chip(SimVl53l1x)
    assert chip.scene.reflection(0, 0).range_mm == 555
    people, steps = (Person("a"),), (Step("a", "stand", for_s=8.0),)
    plain = play_scenario(Config(), Scenario(person=people, step=steps), source="x").result
    frozen = (Fault(10.0, "tof", "frozen", 2.0),)
    got = play_scenario(Config(), Scenario(Station(), people, steps, frozen), source="x").result
    lost = plain.health.samples["tof"] - got.health.samples["tof"]
    # The station mends it by XSHUT long before it thaws; 41 Hz otherwise.
    assert 6 <= lost <= 40
    assert got.health.stale_ms > plain.health.stale_ms + 50
    stuck = (Fault(10.0, "tof", "stuck", 2.0),)
    got = play_scenario(Config(), Scenario(Station(), people, steps, stuck), source="x").result
    assert got.health.stale_ms == plain.health.stale_ms


def test_the_saved_gym_hour_is_the_one_the_code_builds() -> None:
    assert load_scenario(SCENARIOS / "gym-hour.toml") == gym_hour(0)


@pytest.mark.parametrize(
    ("drill", "imu", "squat"),
    [
        ("hands", True, "KNEE_DRIVEN"),
        ("swing", True, "KNEE_DRIVEN"),
        ("daily", True, "KNEES_FIRST"),
        ("reach", False, "HIPS_NOT_BACK"),
    ],
)
def test_a_scenario_is_done_as_its_drill_is_with_a_clip_or_by_the_key(
    drill: str, imu: bool, squat: str
) -> None:
    """Taking and hanging up a dowel that nobody needs is no rep."""
    steps = (
        Step("ann", "approach"),
        Step("ann", "pick_up"),
        Step("ann", "stand", for_s=3.0),
        Step("ann", "set", pattern=("hinge", "squat"), reps=2, pause_s=(0.5, 0.6)),
        Step("ann", "stand", for_s=2.0),
        Step("ann", "hang_up"),
        Step("ann", "leave"),
    )
    none = "" if imu else '[imu]\nchip = "none"\n'
    config = parse(f'{none}[practice]\ndrill = "{drill}"\n')
    scenario = Scenario(Station(pads="fsr" if imu else "none"), (Person("ann"),), steps)
    reps = play_scenario(config, scenario, source="x").result.reps
    assert [rep.verdict for rep in reps] == ["GOOD", squat]
