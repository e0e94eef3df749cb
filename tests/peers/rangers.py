"""Public drivers of the VL53L1X and the VL53L4CD, each on a simulated chip of its own, ranging."""

from __future__ import annotations

from typing import Any, NamedTuple

import adafruit_vl53l1x
import adafruit_vl53l4cd
import pytest
import qwiic_vl53l1x

from drivers.bus import LinuxBus
from drivers.samples import TofSample
from drivers.sim import SimBus, VirtualClock, bus_with
from drivers.sim.vl53 import SimVl53
from drivers.sim.vl53l1x import SimVl53l1x
from drivers.sim.vl53l4cd import SimVl53l4cd
from drivers.vl53l1x import Vl53l1x
from drivers.vl53l4cd import Vl53l4cd
from tests.peers.adapters import PeerI2C, QwiicI2C, sleep_virtually
from tests.sim.worlds import World

MS = 1_000_000


class Read(NamedTuple):
    """What a peer says of a range, in counts of the registers; None where it says nothing."""

    range_mm: float | None
    status: int | None = None
    signal: float | None = None
    ambient: float | None = None
    sigma: float | None = None
    spads: float | None = None


class Peer:
    """A public driver on a simulated chip of its own, ranging."""

    name: str
    ours: type[Vl53l1x] | type[Vl53l4cd]
    chip: type[SimVl53]
    period_ms = 60
    # Raw statuses that it names otherwise than ULD's table and ST's full driver do.
    other_status: frozenset[int] = frozenset()

    def __init__(self, patch: pytest.MonkeyPatch, world: World, seed: int = 5) -> None:
        self.clock = VirtualClock()
        self.bus: SimBus = bus_with(self.chip.kind, clock=self.clock, scene=world, seed=seed)
        self.twin = self.bus.chip(self.chip)
        self.driver = self.up(patch)
        # Never brought up, so that the peer's settings stay: it only reads.
        self.mine = self.ours(
            LinuxBus(self.bus, "i2c-1"), self.clock, 0x29, inter_measurement_ms=self.period_ms
        )

    def up(self, patch: pytest.MonkeyPatch) -> Any:
        raise NotImplementedError

    def ready(self) -> bool:
        raise NotImplementedError

    def read(self) -> Read:
        raise NotImplementedError

    def both(self) -> tuple[Read, TofSample | None]:
        """The next range as the peer and as our driver read it."""
        for _ in range(2000):
            if self.ready():
                break
            self.clock.advance(MS // 2)
        theirs = self.read()
        return theirs, self.mine.read()


class AdafruitL1x(Peer):
    name, ours, chip = "adafruit_vl53l1x", Vl53l1x, SimVl53l1x
    period_ms = 103  # it has no setting: that of ST's default block

    def up(self, patch: pytest.MonkeyPatch) -> Any:
        sleep_virtually(patch, adafruit_vl53l1x, self.clock)
        tof = adafruit_vl53l1x.VL53L1X(PeerI2C(self.bus))
        tof.distance_mode = 1
        tof.timing_budget = 20
        tof.start_ranging()
        return tof

    def ready(self) -> bool:
        return bool(self.driver.data_ready)

    def read(self) -> Read:
        cm = self.driver.distance
        return Read(None if cm is None else cm * 10)


class SparkfunL1x(Peer):
    name, ours, chip = "sparkfun_vl53l1x", Vl53l1x, SimVl53l1x
    other_status = frozenset({1, 2, 17})

    def up(self, patch: pytest.MonkeyPatch) -> Any:
        sleep_virtually(patch, qwiic_vl53l1x, self.clock)
        tof = qwiic_vl53l1x.QwiicVL53L1X(0x29, i2c_driver=QwiicI2C(self.bus, self.clock))
        assert not tof.sensor_init()
        tof.set_distance_mode(1)
        tof.set_timing_budget_in_ms(20)
        tof.set_inter_measurement_in_ms(self.period_ms)
        tof.start_ranging()
        return tof

    def ready(self) -> bool:
        return bool(self.driver.check_for_data_ready())

    def read(self) -> Read:
        return Read(
            self.driver.get_distance(),
            self.driver.get_range_status(),
            self.driver.get_signal_rate() / 8,
            self.driver.get_ambient_rate() / 8,
            spads=self.driver.get_spad_nb(),
        )


class AdafruitL4cd(Peer):
    name, ours, chip = "adafruit_vl53l4cd", Vl53l4cd, SimVl53l4cd
    other_status = frozenset({1, 2, 13, 17})

    def up(self, patch: pytest.MonkeyPatch) -> Any:
        sleep_virtually(patch, adafruit_vl53l4cd, self.clock)
        tof = adafruit_vl53l4cd.VL53L4CD(PeerI2C(self.bus))
        tof.inter_measurement = self.period_ms
        tof.timing_budget = 20
        tof.start_ranging()
        return tof

    def ready(self) -> bool:
        return bool(self.driver.data_ready)

    def read(self) -> Read:
        return Read(
            self.driver.distance * 10, self.driver.range_status, sigma=self.driver.sigma * 40
        )
