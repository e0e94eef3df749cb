"""Adafruit's and Pimoroni's (ST's full driver) VL53L1X on the simulated chip."""

from __future__ import annotations

import statistics

import adafruit_vl53l1x
import pytest
import VL53L1X

from drivers.sim import VirtualClock, bus_with
from drivers.sim.scene import Reflection
from drivers.sim.vl53l1x import SimVl53l1x
from tests.peers.adapters import PeerI2C, not_allowed, sleep_virtually
from tests.sim.worlds import World

ST_GAIN = 2011 / 2048  # ST's full driver multiplies what the register holds


def _adafruit(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> tuple[adafruit_vl53l1x.VL53L1X, SimVl53l1x, VirtualClock]:
    clock = VirtualClock()
    bus = bus_with("vl53l1x", clock=clock, scene=world, seed=5)
    sleep_virtually(monkeypatch, adafruit_vl53l1x, clock)
    return adafruit_vl53l1x.VL53L1X(PeerI2C(bus)), bus.chip(SimVl53l1x), clock


def _distances_mm(tof: adafruit_vl53l1x.VL53L1X, clock: VirtualClock, n: int) -> list[float | None]:
    out = []
    for _ in range(n):
        for _ in range(1000):
            if tof.data_ready:
                break
            clock.advance(1_000_000)
        cm = tof.distance
        out.append(None if cm is None else cm * 10)
        tof.clear_interrupt()
    return out


@pytest.mark.parametrize(("mode", "budget_ms"), [(1, 20), (1, 50), (2, 100)])
@pytest.mark.parametrize("true_mm", [150.0, 555.0, 1100.0])
def test_adafruit_reads_the_scene(
    monkeypatch: pytest.MonkeyPatch, mode: int, budget_ms: int, true_mm: float
) -> None:
    world = World(Reflection(true_mm, 0.5, 20.0))
    tof, chip, clock = _adafruit(monkeypatch, world)
    assert tof.model_info == (0xEA, 0xCC, 0x10)
    tof.distance_mode = mode
    tof.timing_budget = budget_ms
    tof.start_ranging()
    got = [d for d in _distances_mm(tof, clock, 30) if d is not None]
    assert len(got) == 30
    assert statistics.fmean(got) == pytest.approx(true_mm, abs=3.0)
    assert 0.3 < statistics.stdev(got) < 8.0
    assert not_allowed(chip, "adafruit_vl53l1x") == []


def test_adafruit_sees_no_target_and_a_wrapped_one_as_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(Reflection(None, 0.0, 20.0))
    tof, _, clock = _adafruit(monkeypatch, world)
    tof.distance_mode = 1
    tof.start_ranging()
    assert _distances_mm(tof, clock, 3) == [None] * 3
    world.light = Reflection(2700.0, 1.0, 20.0)  # beyond the short mode's period
    assert _distances_mm(tof, clock, 3)[1:] == [None] * 2


def test_adafruit_moves_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    tof, chip, clock = _adafruit(monkeypatch, World())
    tof.set_address(0x31)
    assert chip.address == 0x31
    tof.start_ranging()
    assert _distances_mm(tof, clock, 2)[1] == pytest.approx(555.0, abs=15.0)


def test_adafruit_loses_good_samples_that_carry_the_flag_bit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tof, chip, clock = _adafruit(monkeypatch, World())
    chip.gph_flag = True
    tof.start_ranging()
    assert _distances_mm(tof, clock, 3) == [None] * 3


def _pimoroni(monkeypatch: pytest.MonkeyPatch, world: World) -> tuple[VL53L1X.VL53L1X, SimVl53l1x]:
    bus = bus_with("vl53l1x", scene=world, seed=5)  # real time: the C library sleeps by itself
    monkeypatch.setattr(VL53L1X, "SMBus", lambda: bus)
    tof = VL53L1X.VL53L1X()
    tof.open()
    return tof, bus.chip(SimVl53l1x)


def test_st_full_driver_reads_the_scene_times_its_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    tof, chip = _pimoroni(monkeypatch, World(Reflection(873.0, 0.5, 20.0)))
    tof.set_timing(20_000, 24)
    tof.start_ranging(1)
    tof.get_distance()  # the first has no wrap check: status 6
    assert tof.get_range_status() == 6
    got = []
    for _ in range(8):
        got.append(tof.get_distance())
        assert tof.get_range_status() == 0
    tof.stop_ranging()
    assert statistics.fmean(got) == pytest.approx(873.0 * ST_GAIN, abs=4.0)
    assert tof.get_timing() == pytest.approx(20_000, rel=0.05)
    assert not_allowed(chip, "pimoroni_vl53l1x") == []


def test_st_full_driver_names_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(Reflection(None, 0.0, 20.0))
    tof, chip = _pimoroni(monkeypatch, world)
    tof.set_timing(20_000, 24)
    tof.start_ranging(1)
    tof.get_distance()
    tof.get_distance()
    assert tof.get_range_status() == 2
    world.light = Reflection(2600.0, 1.0, 20.0)
    tof.get_distance()
    tof.get_distance()
    assert tof.get_range_status() == 7
    world.light = Reflection(400.0, 0.5, 20.0)
    chip.gph_flag = True  # masked by this driver
    tof.get_distance()
    assert tof.get_distance() == pytest.approx(400 * ST_GAIN, abs=20)
    tof.stop_ranging()
