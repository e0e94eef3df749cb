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
from adafruit_ads1x15 import ADS1115, AnalogIn
from adafruit_lsm6ds.lsm6dsox import LSM6DSOX

from drivers import CHIPS
from drivers.bus import LinuxBus
from drivers.sim.bus import SimBus
from drivers.sim.chips import bus_with
from drivers.sim.clock import VirtualClock
from drivers.steps import run_steps
from tests.peers import mpu6050_wire
from tests.peers.adapters import PeerI2C, sleep_virtually
from tests.peers.mpu6050_wire import WireCost

TICK_NS: Final = 5_000_000
SETTLE_TICKS: Final = 60
TICKS: Final = 400


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


def ours(name: str, **settings: Any) -> Callable[[pytest.MonkeyPatch], Wired]:
    """Our driver of a chip, as the station reads it."""

    def make(patch: pytest.MonkeyPatch) -> Wired:
        clock = VirtualClock()
        bus = bus_with(name, clock=clock)
        clock.advance(100_000_000)
        chip = CHIPS[name]
        given = {key: value(bus) if callable(value) else value for key, value in settings.items()}
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
    return Wired(bus, clock, lambda: mpu6050_wire.both(imu))


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
    bench = mpu6050_wire.Bench()
    imu = mpu6050_wire.adafruit(patch, bench)
    return Wired(bench.bus, bench.clock, lambda: mpu6050_wire.both(imu))


def _raspberrypi_mpu6050(patch: pytest.MonkeyPatch) -> Wired:
    bench = mpu6050_wire.Bench()
    imu = mpu6050_wire.raspberrypi(bench)
    return Wired(bench.bus, bench.clock, lambda: mpu6050_wire.both_dicts(imu))
