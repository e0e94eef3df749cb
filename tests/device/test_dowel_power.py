"""The switch in the dowel's supply: off until a program takes its pin."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.config import parse
from device.doctor.examine import examine
from device.station import build_sensors, dowel_power
from device.workbench.doctor_rig import SimStation
from device.workbench.motion_run import fitted_of
from drivers import CHIPS
from drivers.errors import MissingChips
from drivers.sim import VirtualClock
from drivers.sim.rig import SimRig
from drivers.sim.scene import StillScene
from tests.device.test_doctor import Log

PIN = 6
SWITCHED = f"[pins]\ndowel_power = {PIN}\n"
IMUS = [name for name, entry in CHIPS.items() if entry.kind == "imu"]
PADS = [name for name, entry in CHIPS.items() if entry.kind == "pads"]


@pytest.mark.parametrize("pads", PADS)
@pytest.mark.parametrize("imu", IMUS)
def test_chips_that_get_their_supply_at_the_start_come_up(imu: str, pads: str) -> None:
    config = parse(f'{SWITCHED}[imu]\nchip = "{imu}"\n[pads]\nchip = "{pads}"\n')
    clock = VirtualClock()
    clock.advance(1_000_000_000)
    rig = SimRig(StillScene(), clock, fitted_of(config, 1))
    for chip in rig.dowel.chips:
        chip.supply(False)
    factory = rig.pins.factory
    with pytest.raises(MissingChips):
        build_sensors(config, rig.buses, factory, clock, xshut=())
    power = dowel_power(config, factory, clock)
    sensors = build_sensors(config, rig.buses, factory, clock, xshut=(), power=power)
    clock.advance(200_000_000)
    tick = sensors.read(clock.now_ns())
    assert tick.imu
    assert not tick.faults


def test_without_a_switch_nothing_waits() -> None:
    clock = VirtualClock()
    assert dowel_power(parse(""), object(), clock) is None
    assert clock.now_ns() == VirtualClock().now_ns()


def test_the_doctor_switches_the_dowel_on_before_it_looks(tmp_path: Path) -> None:
    station = SimStation(parse(SWITCHED), tmp_path, ["pins:taken"])
    for chip in station.sim.dowel.chips:
        chip.supply(False)
    report = examine(station, Log(), simulated=True)
    assert [line.code for line in report.complaints] == ["PINS"]


def test_a_switch_is_no_plug(tmp_path: Path) -> None:
    station = SimStation(parse(SWITCHED), tmp_path, ["imu:unplug"])
    report = examine(station, Log(), simulated=True)
    assert [line.code for line in report.complaints] == ["IMU_ANSWERS"]
