"""Adafruit's LSM6DSOX, MPR121 and ADS1115 on the simulated chips."""

from __future__ import annotations

import math
import statistics

import adafruit_lsm6ds
import adafruit_mpr121
import pytest
from adafruit_ads1x15 import ADS1115, AnalogIn
from adafruit_lsm6ds import AccelRange, GyroRange
from adafruit_lsm6ds.lsm6dsox import LSM6DSOX

from drivers.sim import VirtualClock, bus_with
from drivers.sim.ads1115 import SimAds1115, fsr_volts
from drivers.sim.lsm6dsox import SimLsm6dsox
from drivers.sim.mpr121 import SimMpr121
from drivers.sim.scene import Motion6
from tests.peers.adapters import PeerI2C, not_allowed, sleep_virtually
from tests.sim.worlds import World

MOTION = Motion6(8.1, -2.3, 4.4, 0.31, -1.9, 0.07)


def test_adafruit_lsm6dsox_reads_the_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock()
    bus = bus_with("lsm6dsox", clock=clock, scene=World(motion=MOTION), seed=2)
    sleep_virtually(monkeypatch, adafruit_lsm6ds, clock)
    imu = LSM6DSOX(PeerI2C(bus))
    for accel, gyro in (
        (AccelRange.RANGE_4G, GyroRange.RANGE_500_DPS),
        (AccelRange.RANGE_16G, GyroRange.RANGE_250_DPS),
        (AccelRange.RANGE_2G, GyroRange.RANGE_125_DPS),
        (AccelRange.RANGE_8G, GyroRange.RANGE_2000_DPS),
    ):
        imu.accelerometer_range = accel
        imu.gyro_range = gyro
        clock.advance(200_000_000)
        read = []
        for _ in range(60):
            clock.advance(10_000_000)
            read.append((*imu.acceleration, *imu.gyro))
        got = [statistics.fmean(axis) for axis in zip(*read, strict=True)]
        # within the drawn bias (3 mg, 0.3 dps), the noise of 60 readings and a count
        assert got[:3] == pytest.approx(MOTION[:3], abs=0.030 + 0.012 + 0.005)
        assert got[3:] == pytest.approx(MOTION[3:], abs=math.radians(0.3 + 0.04 + 0.07))
        assert statistics.stdev(axis[0] for axis in read) < 0.06
    assert 20 < imu.temperature < 30
    assert not_allowed(bus.chip(SimLsm6dsox), "adafruit_lsm6ds") == []


def test_adafruit_lsm6dsox_sets_a_reserved_bit_of_ctrl9(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock()
    bus = bus_with("lsm6dsox", clock=clock)
    sleep_virtually(monkeypatch, adafruit_lsm6ds, clock)
    LSM6DSOX(PeerI2C(bus))
    kinds = {(v.kind, v.register, v.value) for v in bus.chip(SimLsm6dsox).violations}
    assert ("reserved_bits", 0x18, 0xE1) in kinds


@pytest.mark.parametrize("pressed", range(8))
def test_adafruit_mpr121_reads_the_touched_pads(
    monkeypatch: pytest.MonkeyPatch, pressed: int
) -> None:
    clock = VirtualClock()
    world = World()
    bus = bus_with("mpr121", clock=clock, scene=world, seed=3)
    sleep_virtually(monkeypatch, adafruit_mpr121, clock)
    touch = adafruit_mpr121.MPR121(PeerI2C(bus))
    clock.advance(3_000_000_000)  # the baseline climbs from its preload
    assert touch.touched() == 0
    base = [touch.baseline_data(i) for i in range(3)]
    assert min(base) > 100
    world.force_n = tuple(3.0 * (pressed >> i & 1) for i in range(3))  # type: ignore[assignment]  # three of them
    clock.advance(50_000_000)
    assert touch.touched() == pressed
    for i in range(3):
        drop = base[i] - touch.filtered_data(i)
        assert drop > 12 if pressed >> i & 1 else abs(drop) < 8
    world.force_n = (0.0, 0.0, 0.0)
    clock.advance(50_000_000)
    assert touch.touched_pins == (False,) * 12
    assert not_allowed(bus.chip(SimMpr121), "adafruit_mpr121") == []


@pytest.mark.parametrize("rate_sps", [128, 860])
def test_adafruit_ads1115_reads_the_pads_volts(rate_sps: int) -> None:
    forces_n = (0.0, 1.5, 8.0)
    bus = bus_with("ads1115", clock=VirtualClock(), scene=World(force_n=forces_n), seed=4)
    adc = ADS1115(PeerI2C(bus), gain=1, data_rate=rate_sps)
    for channel, force_n in enumerate(forces_n):
        pad = AnalogIn(adc, channel)
        volts = statistics.fmean(pad.voltage for _ in range(10))
        assert volts == pytest.approx(fsr_volts(force_n), abs=0.002 + 125e-6)
    assert AnalogIn(adc, 2, 3).voltage == pytest.approx(fsr_volts(8.0), abs=0.003)
    assert not_allowed(bus.chip(SimAds1115), "adafruit_ads1x15") == []


def test_scan_finds_the_chips_and_nothing_else() -> None:
    bus = bus_with("vl53l1x", "lsm6dsox", "ads1115", "mpr121", clock=VirtualClock())
    assert PeerI2C(bus).scan() == [0x29, 0x48, 0x5A, 0x6A]
