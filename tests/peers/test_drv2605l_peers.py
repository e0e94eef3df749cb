"""Adafruit's DRV2605 on the simulated chip, and what one shake costs, beside ours."""

from __future__ import annotations

import adafruit_drv2605
import pytest
from adafruit_drv2605 import DRV2605, Effect, Pause

from drivers.bus import LinuxBus
from drivers.drv2605l import Drv2605l
from drivers.sim import VirtualClock, bus_with
from drivers.sim.bus import SimBus
from drivers.sim.drv2605l import SimDrv2605l
from drivers.steps import run_steps
from tests.peers.adapters import PeerI2C, not_allowed

MS = 1_000_000


def _bus() -> tuple[SimBus, SimDrv2605l, VirtualClock, list[tuple[float, int | None]]]:
    clock = VirtualClock()
    bus = bus_with("drv2605l", clock=clock)
    chip = bus.chip(SimDrv2605l)
    driven: list[tuple[float, int | None]] = []
    chip.on_drive = lambda level, for_ns: driven.append((level, for_ns))
    clock.advance(MS)
    return bus, chip, clock, driven


def test_adafruit_plays_an_effect_and_it_ends() -> None:
    bus, chip, clock, driven = _bus()
    drv = DRV2605(PeerI2C(bus))
    assert (drv.mode, drv.library) == (adafruit_drv2605.MODE_INTTRIG, 1)
    drv.sequence[0] = Effect(16)
    drv.sequence[1] = Pause(0.05)
    drv.sequence[2] = Effect(1)
    drv.sequence[3] = Effect(0)
    bus.reset_counters()
    drv.play()
    assert driven[-1] == (1.0, 1150 * MS)
    assert bus.transactions == 1
    clock.advance(500 * MS)
    drv.stop()
    assert driven[-1][0] == 0.0
    assert not_allowed(chip, "adafruit_drv2605") == []


@pytest.mark.parametrize("value", [0, 1, 64, 127])
def test_adafruit_and_ours_drive_the_motor_alike(value: int) -> None:
    bus, chip, clock, driven = _bus()
    drv = DRV2605(PeerI2C(bus))
    drv.mode = adafruit_drv2605.MODE_REALTIME
    drv.realtime_value = value
    theirs = driven[-1][0]
    ours = Drv2605l(LinuxBus(bus, "i2c-1"), clock)
    run_steps(ours.bring_up(), clock)
    bus.reset_counters()
    ours.drive(value / 127)
    assert (bus.transactions, bus.bytes) == (1, 3)
    assert driven[-1] == (theirs, None)
    assert not_allowed(chip, "adafruit_drv2605") == []


def test_adafruit_finds_ours_in_the_state_that_ours_leaves() -> None:
    bus, chip, clock, _ = _bus()
    ours = Drv2605l(LinuxBus(bus, "i2c-1"), clock)
    run_steps(ours.bring_up(), clock)
    ours.stop()
    drv = DRV2605(PeerI2C(bus))
    assert drv.mode == adafruit_drv2605.MODE_INTTRIG
    run_steps(ours.bring_up(), clock)
    assert chip.violations == []
