"""GPIO1 of the rangers through the station: pins, counted bytes, and a wire that comes loose."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from device.config import parse
from device.config_model import Config
from device.errors import ConfigError
from device.sensors import Sensors
from device.station import build_sensors, gpio1_pins, xshut_pins
from device.tick import TickInput
from device.workbench.motion_run import MotionOptions, fitted_of, load_motion, play_motion
from drivers.errors import PinFault
from drivers.sim.clock import VirtualClock
from drivers.sim.rig import SimRig
from drivers.sim.scene import StillScene
from tests.device.test_rigs import MOTIONS

TICK_NS = 5_000_000
WIRED = '[tof]\nchip = "{chip}"\n[pins]\ntof_gpio1 = [23]\n'
THREE = (
    '[tof]\nchip = "{chip}"\naddresses = [0x30, 0x31, 0x32]\nheights_m = [0.75, 0.88, 1.01]\n'
    "[pins]\nxshut = [17, 27, 22]\ntof_gpio1 = [23, 24, 25]\n"
)
either = pytest.mark.parametrize("chip", ["vl53l1x", "vl53l4cd"])


class Station:
    def __init__(self, config: Config) -> None:
        self.clock = VirtualClock()
        rangers = len(config.tof.addresses)
        self.rig = SimRig(StillScene(), self.clock, fitted_of(config, rangers))
        self.said: list[str] = []
        self.sensors: Sensors = build_sensors(
            config, self.rig.buses, self.rig.pins.factory, self.clock, say=self.said.append
        )
        self.rig.wall.reset_counters()

    def run(self, seconds: float) -> list[TickInput]:
        ticks = []
        due_ns = self.clock.now_ns()
        for _ in range(round(seconds * 200)):
            self.clock.sleep_until_ns(due_ns)
            ticks.append(self.sensors.read(self.clock.now_ns()))
            due_ns += TICK_NS
        return ticks


def _stamps(ticks: Sequence[TickInput], ranger: int = 0) -> list[int]:
    return [sample.t_ns for tick in ticks for which, sample in tick.tof if which == ranger]


@either
def test_wired_a_sample_is_25_bytes_in_one_transaction(chip: str) -> None:
    station = Station(parse(WIRED.format(chip=chip)))
    station.run(0.2)
    station.rig.wall.reset_counters()
    n = len(_stamps(station.run(10.0)))
    assert n >= 400
    assert station.rig.wall.bytes == 25 * n
    assert station.rig.wall.transactions == n
    assert station.said == []
    assert all(c.violations == [] for c in station.rig.rangers)


@either
def test_polled_a_sample_is_30_bytes_and_few_polls_find_nothing(chip: str) -> None:
    station = Station(parse(f'[tof]\nchip = "{chip}"\n'))
    station.run(3.0)
    station.rig.wall.reset_counters()
    n = len(_stamps(station.run(10.0)))
    assert n >= 400
    assert 30.0 * n <= station.rig.wall.bytes <= 31.5 * n


@either
def test_three_rangers_each_have_their_own_wire(chip: str) -> None:
    station = Station(parse(THREE.format(chip=chip)))
    station.run(0.3)
    station.rig.wall.reset_counters()
    ticks = station.run(2.0)
    counts = [len(_stamps(ticks, ranger)) for ranger in range(3)]
    assert min(counts) >= 80
    assert station.rig.wall.bytes == 25 * sum(counts)
    assert station.said == []


@either
@pytest.mark.parametrize("level", [True, False], ids=["open", "grounded"])
@pytest.mark.parametrize("after_s", [None, 1.0], ids=["from the start", "in the set"])
def test_a_loose_wire_is_told_once_and_no_station_goes_blind(
    chip: str, level: bool, after_s: float | None
) -> None:
    config = parse(WIRED.format(chip=chip))
    station = Station(config)
    if after_s is None:
        station.rig.pins.cut(23, level)
    else:
        station.run(after_s)
        assert station.said == []
        station.rig.pins.cut(23, level)
    ticks = station.run(2.0)
    stamps = _stamps(ticks)
    gaps_ns = [b - a for a, b in itertools.pairwise(stamps)]
    assert max(gaps_ns) <= 60_000_000
    assert len(stamps) >= 75
    assert all(tick.faults == () for tick in ticks)
    (line,) = station.said
    assert f"{chip.upper()} at 0x29 on i2c-1: " in line
    idle = level is (chip == "vl53l4cd")
    assert ("does not move" in line) is idle
    assert ("but none does" in line) is not idle
    assert "Polled instead" in line
    station.rig.wall.reset_counters()
    n = len(_stamps(station.run(3.0)))
    assert n >= 120
    assert station.rig.wall.bytes <= 32 * n  # polled, as if it had never been wired
    assert len(station.said) == 1


@either
def test_after_a_plug_was_out_the_wire_gets_its_chance_again(chip: str) -> None:
    station = Station(parse(WIRED.format(chip=chip)))
    station.run(0.5)
    station.rig.pins.cut(23, chip == "vl53l4cd")
    station.run(0.5)
    assert len(station.said) == 1
    station.rig.unplug("tof")
    station.rig.pins.mend(23)
    ticks = station.run(0.5)
    station.rig.plug("tof")
    ticks += station.run(1.0)
    assert [fault.kind for tick in ticks for fault in tick.faults] == ["lost", "back"]
    station.rig.wall.reset_counters()
    n = len(_stamps(station.run(1.0)))
    assert station.rig.wall.bytes == 25 * n > 0
    assert len(station.said) == 1


@either
@pytest.mark.parametrize("cut", [False, True])
def test_a_frozen_or_power_cycled_chip_is_found_over_the_wire_too(chip: str, cut: bool) -> None:
    for happens in ("freeze", "power_cycle"):
        station = Station(parse(WIRED.format(chip=chip)))
        station.run(0.5)
        if cut:
            station.rig.pins.cut(23)
        getattr(station.rig.rangers[0], happens)()
        faults = [fault for tick in station.run(0.3) for fault in tick.faults]
        assert [fault.kind for fault in faults[:1]] == ["lost"]


def test_either_way_the_same_motion_gives_the_same_reps() -> None:
    motion = load_motion(MOTIONS / "CMU_13__13_30_Squat_11s.csv")
    polled, wired = (
        play_motion(parse(text), motion, MotionOptions(), source="any").result
        for text in ("", "[pins]\ntof_gpio1 = [23]\n")
    )
    assert [r.verdict for r in polled.reps] == [r.verdict for r in wired.reps] != []


def test_the_pins_are_checked() -> None:
    text = THREE.format(chip="vl53l1x")
    with pytest.raises(ConfigError, match=r"tof_gpio1: got .23, 24., expected none, or a pin for"):
        parse(text.replace("[23, 24, 25]", "[23, 24]"))
    with pytest.raises(ConfigError, match=r"pins.tof_gpio1\[0\]: got BCM 17"):
        parse("[pins]\ntof_gpio1 = [17]\n")
    config = parse("[pins]\ntof_gpio1 = [23]\n")
    rig = SimRig(StillScene(), VirtualClock(), fitted_of(config, 1))
    held = gpio1_pins(config, rig.pins.factory)
    with pytest.raises(PinFault, match="GPIO1 of a ranger on GPIO23"):
        gpio1_pins(config, rig.pins.factory)
    assert len(held) == 1
    assert len(xshut_pins(config, rig.pins.factory)) == 1
