"""Adafruit's MPU6050 and mpu6050-raspberrypi on the simulated chip, beside ours."""

from __future__ import annotations

import math
import struct

import pytest

from drivers.sim.scene import Motion6
from tests.peers.adapters import not_allowed
from tests.peers.mpu6050 import (
    MOTIONS,
    MS,
    Bench,
    adafruit,
    counts,
    ours,
    raspberrypi,
)
from tests.sim.worlds import World

RANGES = [
    (2, 250, 16384, 131.0),
    (4, 500, 8192, 65.5),
    (8, 1000, 4096, 32.8),
    (16, 2000, 2048, 16.4),
]
"""g and dps, and their counts per g and per dps."""


def _ours(motion: Motion6, accel: int, gyro: int, per_g: float, per_dps: float) -> list[float]:
    bench = Bench(World(motion=motion))
    imu = ours(bench, accel_range_g=accel, gyro_range_dps=gyro)
    bench.clock.advance(50 * MS)
    sample = imu.read()[-1]
    return counts(sample, per_g, per_dps)


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize(("accel", "gyro", "per_g", "per_dps"), RANGES)
def test_adafruit_and_ours_agree_within_a_count(
    monkeypatch: pytest.MonkeyPatch,
    motion: Motion6,
    accel: int,
    gyro: int,
    per_g: float,
    per_dps: float,
) -> None:
    bench = Bench(World(motion=motion))
    peer = adafruit(monkeypatch, bench)
    peer.accelerometer_range = (2, 4, 8, 16).index(accel)
    peer.gyro_range = (250, 500, 1000, 2000).index(gyro)
    bench.clock.advance(100 * MS)
    theirs = counts((*peer.acceleration, *peer.gyro), per_g, per_dps)
    assert _ours(motion, accel, gyro, per_g, per_dps) == pytest.approx(theirs, abs=1.0)
    assert peer.temperature == pytest.approx(26.0, abs=0.01)
    assert not_allowed(bench.chip, "adafruit_mpu6050") == []


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize(("accel", "gyro", "per_g", "per_dps"), RANGES)
def test_mpu6050_raspberrypi_and_ours_agree_within_a_count(
    motion: Motion6, accel: int, gyro: int, per_g: float, per_dps: float
) -> None:
    bench = Bench(World(motion=motion))
    peer = raspberrypi(bench)
    code = (2, 4, 8, 16).index(accel) << 3
    peer.set_accel_range(code)
    peer.set_gyro_range(code)
    peer.set_filter_range(peer.FILTER_BW_98)
    assert (peer.read_accel_range(), peer.read_gyro_range()) == (accel, gyro)
    bench.clock.advance(100 * MS)
    force, turn = peer.get_accel_data(), peer.get_gyro_data()
    six = (*force.values(), *(math.radians(rate) for rate in turn.values()))
    theirs = counts(six, per_g, per_dps)
    assert _ours(motion, accel, gyro, per_g, per_dps) == pytest.approx(theirs, abs=1.0)
    assert peer.get_temp() == pytest.approx(26.0, abs=0.01)
    assert not_allowed(bench.chip, "mpu6050_raspberrypi") == []


def test_both_read_what_our_driver_set_up() -> None:
    """Our settings are what they take them for: ranges by their own reading of the registers."""
    bench = Bench(World(motion=MOTIONS[1]))
    ours(bench, accel_range_g=8, gyro_range_dps=1000)
    peer = raspberrypi(bench)
    assert (peer.read_accel_range(), peer.read_gyro_range()) == (8, 1000)


def test_adafruits_fifo_holds_what_ours_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(World(motion=MOTIONS[1]))
    peer = adafruit(monkeypatch, bench)
    peer.sample_rate_divisor = 39  # 8 kHz / 40 = 200 Hz
    peer.accelerometer_range = 1
    peer.gyro_range = 1
    bench.clock.advance(100 * MS)
    peer.accel_fifo_en = True
    peer.fiforst = True
    peer.fifo_en = True
    bench.clock.advance(26 * MS)
    data = bytes(peer.read_whole_fifo())
    assert len(data) in (30, 36)
    wanted = _ours(MOTIONS[1], 4, 500, 8192, 65.5)[:3]
    for axes in struct.iter_unpack(">3h", data):
        assert list(axes) == pytest.approx(wanted, abs=1.0)
    assert not_allowed(bench.chip, "adafruit_mpu6050") == []


@pytest.mark.parametrize("part", [0x70, 0x98])
def test_adafruit_refuses_a_clone_that_ours_reads(
    monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    with pytest.raises(RuntimeError, match="Failed to find MPU6050"):
        adafruit(monkeypatch, Bench(part=part))
    bench = Bench(part=part)
    imu = ours(bench)
    bench.clock.advance(50 * MS)
    assert imu.read()
