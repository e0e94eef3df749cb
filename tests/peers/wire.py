"""What one full sample costs on the wire: our drivers and public ones on the same simulated bus.

Bytes count the address bytes; a START, a repeated START and a STOP are one bit each, a byte nine.
``least`` is the least there is for the chip: one transaction a batch, no poll.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import adafruit_lsm6ds
import adafruit_mpr121
import pytest
import qwiic_cap1203
from adafruit_ads1x15 import ADS1115, AnalogIn
from adafruit_lsm6ds.lsm6dsox import LSM6DSOX

from drivers import CHIPS
from drivers.bus import LinuxBus
from drivers.sim.bus import SimBus
from drivers.sim.chips import bus_with
from drivers.sim.clock import VirtualClock
from drivers.sim.vl53l1x import SimVl53l1x
from drivers.steps import run_steps
from tests.peers import mpu6050
from tests.peers.adapters import PeerI2C, QwiicI2C, sleep_virtually
from tests.peers.rangers import AdafruitL1x, AdafruitL4cd, Peer, SparkfunL1x
from tests.sim.worlds import World

TICK_NS: Final = 5_000_000
SETTLE_TICKS: Final = 60
TICKS: Final = 400


class WireCost(NamedTuple):
    """Per sample; bytes include the address bytes."""

    transactions: float
    bytes: float
    wire_us: float


class Wired(NamedTuple):
    """One driver on one chip: ``read`` takes what is new and says how many samples that was."""

    bus: SimBus
    clock: VirtualClock
    read: Callable[[], int]


class Way(NamedTuple):
    """One way to read a chip. ``every`` so many ticks of 5 ms."""

    chip: str
    driver: str
    make: Callable[[pytest.MonkeyPatch], Wired]
    every: int = 1


def cost(way: Way) -> WireCost:
    """Of a sample, over two seconds of ticks."""
    with pytest.MonkeyPatch.context() as patch:
        wired = way.make(patch)
        for n in range(SETTLE_TICKS):
            _tick(wired, n, way.every)
        wired.bus.reset_counters()
        samples = sum(_tick(wired, n, way.every) for n in range(TICKS))
        bus = wired.bus
        return WireCost(
            bus.transactions / samples, bus.bytes / samples, bus.wire_ns * 1e-3 / samples
        )


def _tick(wired: Wired, n: int, every: int) -> int:
    wired.clock.sleep_until_ns((wired.clock.now_ns() // TICK_NS + 1) * TICK_NS)
    return wired.read() if n % every == 0 else 0


def ours(name: str, **settings: Callable[[SimBus], Any]) -> Callable[[pytest.MonkeyPatch], Wired]:
    """Our driver of a chip, as the station reads it; ``settings`` are made from the bus."""

    def make(patch: pytest.MonkeyPatch) -> Wired:
        clock = VirtualClock()
        bus = bus_with(name, clock=clock)
        clock.advance(100_000_000)
        chip = CHIPS[name]
        given = {key: value(bus) for key, value in settings.items()}
        driver = chip.driver(LinuxBus(bus, bus.name), clock, chip.address, **given)
        run_steps(driver.bring_up(), clock)

        def read() -> int:
            news = driver.read()
            if news is None:
                return 0
            return 1 if chip.kind == "tof" or (chip.kind == "pads" and news) else len(news)

        return Wired(bus, clock, read)

    return make


def _adafruit_lsm6dsox(patch: pytest.MonkeyPatch) -> Wired:
    clock = VirtualClock()
    bus = bus_with("lsm6dsox", clock=clock)
    sleep_virtually(patch, adafruit_lsm6ds, clock)
    imu = LSM6DSOX(PeerI2C(bus))
    return Wired(bus, clock, lambda: mpu6050.both(imu))


def _adafruit_mpr121(patch: pytest.MonkeyPatch) -> Wired:
    clock = VirtualClock()
    bus = bus_with("mpr121", clock=clock)
    sleep_virtually(patch, adafruit_mpr121, clock)
    pads = adafruit_mpr121.MPR121(PeerI2C(bus))

    def read() -> int:
        _ = [pads[pad].value for pad in range(3)]
        return 1

    return Wired(bus, clock, read)


def _adafruit_ads1115(patch: pytest.MonkeyPatch) -> Wired:
    clock = VirtualClock()
    bus = bus_with("ads1115", clock=clock)
    adc = ADS1115(PeerI2C(bus), gain=1, data_rate=860)
    pads = [AnalogIn(adc, channel) for channel in range(3)]
    turn = iter(range(10**9))

    def read() -> int:
        _ = pads[next(turn) % 3].value
        return 1

    return Wired(bus, clock, read)


def _adafruit_mpu6050(patch: pytest.MonkeyPatch) -> Wired:
    bench = mpu6050.Bench()
    imu = mpu6050.adafruit(patch, bench)
    return Wired(bench.bus, bench.clock, lambda: mpu6050.both(imu))


def _raspberrypi_mpu6050(patch: pytest.MonkeyPatch) -> Wired:
    bench = mpu6050.Bench()
    imu = mpu6050.raspberrypi(bench)
    return Wired(bench.bus, bench.clock, lambda: mpu6050.both_dicts(imu))


def _ranger(make: type[Peer]) -> Callable[[pytest.MonkeyPatch], Wired]:
    """A peer that asks once, when a range is there: polls in vain would come on top."""

    def wired(patch: pytest.MonkeyPatch) -> Wired:
        peer = make(patch, World())
        low_active = bool(peer.twin._regs[0x30] & 0x10)

        def read() -> int:
            if peer.twin.gpio1() == low_active or not peer.ready():
                return 0
            peer.read()
            peer.driver.clear_interrupt()
            return 1

        return Wired(peer.bus, peer.clock, read)

    return wired


def _sparkfun_cap1203(patch: pytest.MonkeyPatch) -> Wired:
    clock = VirtualClock()
    bus = bus_with("cap1203", clock=clock)
    clock.advance(250_000_000)
    pads = qwiic_cap1203.QwiicCAP1203(i2c_driver=QwiicI2C(bus, clock, call_ns=0))
    assert pads.begin()

    def read() -> int:
        _ = (pads.is_left_touched(), pads.is_middle_touched(), pads.is_right_touched())
        return 1

    return Wired(bus, clock, read)


def _gpio1(bus: SimBus) -> Callable[[], bool]:
    return bus.chip(SimVl53l1x).gpio1


LEAST_BYTES: Final = {
    "vl53l1x": 25.0,
    "vl53l4cd": 25.0,
    "lsm6dsox": 16.0,
    "lsm6dsv16x": 16.0,
    "mpu6050": 14.0,
    "ads1115": 9.0,
    "mpr121": 9.0,
    "cap1203": 6.0,
}
"""A sample cannot cost less: a range on its interrupt line (clear, index, 17 bytes); an IMU's in
FIFO batches of 4 (status, then the words: the loop's goal of at most 4 a batch); a conversion
started and fetched; the counts of three pads. A poll that finds nothing comes on top."""

WAYS: Final = (
    Way("vl53l1x", "ours, GPIO1 wired", ours("vl53l1x", gpio1=_gpio1)),
    Way("vl53l1x", "ours, polled", ours("vl53l1x")),
    Way("vl53l1x", "Adafruit", _ranger(AdafruitL1x)),
    Way("vl53l1x", "SparkFun", _ranger(SparkfunL1x)),
    Way("vl53l4cd", "ours, polled", ours("vl53l4cd")),
    Way("vl53l4cd", "Adafruit", _ranger(AdafruitL4cd)),
    Way("lsm6dsox", "ours, every 5 ms", ours("lsm6dsox")),
    Way("lsm6dsox", "ours, batches of 4", ours("lsm6dsox"), every=4),
    Way("lsm6dsox", "Adafruit", _adafruit_lsm6dsox),
    Way("lsm6dsv16x", "ours, every 5 ms", ours("lsm6dsv16x")),
    Way("lsm6dsv16x", "ours, batches of 4", ours("lsm6dsv16x"), every=3),
    Way("mpu6050", "ours, every 5 ms", ours("mpu6050")),
    Way("mpu6050", "ours, batches of 4", ours("mpu6050"), every=4),
    Way("mpu6050", "Adafruit", _adafruit_mpu6050),
    Way("mpu6050", "mpu6050-raspberrypi", _raspberrypi_mpu6050),
    Way("ads1115", "ours, a pad a tick", ours("ads1115")),
    Way("ads1115", "Adafruit, a pad a read", _adafruit_ads1115),
    Way("mpr121", "ours, three pads", ours("mpr121")),
    Way("mpr121", "Adafruit, three pads", _adafruit_mpr121, every=2),
    Way("cap1203", "ours, three pads", ours("cap1203")),
    Way("cap1203", "SparkFun, three pads", _sparkfun_cap1203, every=7),
)
