"""Kinds of faults for ``fault_rig``: what each does to the rig, and how it ends."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import NamedTuple

from device.tick import Sensor
from drivers.sim.bus_faults import Until
from drivers.sim.chip import SimChip
from drivers.sim.chips import SIM_CHIPS
from drivers.sim.scene import StillScene
from tests.device.fault_rig import Station

Act = Callable[[Station], None]


class Kind(NamedTuple):
    """``loses``: the sensor is gone for so long that it must be said (about ``for_s``)."""

    name: str
    for_s: float
    act: Callable[[Sensor], tuple[Act, Act]]
    loses: bool = True
    sensors: tuple[Sensor, ...] = ("tof", "imu", "pads")


def _nothing(station: Station) -> None:
    """It is over by itself."""


def _spark(sensor: Sensor) -> tuple[Act, Act]:
    def begin(station: Station) -> None:
        bus, address = station.place(sensor)
        bus.nack_next(2, address)

    return begin, _nothing


def _unplugged(*, power_cycle: bool) -> Callable[[Sensor], tuple[Act, Act]]:
    def act(sensor: Sensor) -> tuple[Act, Act]:
        return (
            lambda station: station.chip(sensor).unplug(),
            lambda station: station.chip(sensor).plug(power_cycle=power_cycle),
        )

    return act


def _power_cycle(sensor: Sensor) -> tuple[Act, Act]:
    return lambda station: station.chip(sensor).power_cycle(), _nothing


def _frozen(sensor: Sensor) -> tuple[Act, Act]:
    return (
        lambda station: station.chip(sensor).freeze(),
        lambda station: station.chip(sensor).unfreeze(),
    )


def _reads(byte: int) -> Callable[[Sensor], tuple[Act, Act]]:
    def act(sensor: Sensor) -> tuple[Act, Act]:
        def begin(station: Station) -> None:
            bus, address = station.place(sensor)
            bus.change_read(0, lambda raw: bytes([byte]) * len(raw), 1_000_000, address)

        return begin, _well(sensor)

    return act


def _fails(code: int) -> Callable[[Sensor], tuple[Act, Act]]:
    def act(sensor: Sensor) -> tuple[Act, Act]:
        def begin(station: Station) -> None:
            bus, address = station.place(sensor)
            bus.fail_next(code, 1_000_000, address)

        return begin, _well(sensor)

    return act


def _well(sensor: Sensor) -> Act:
    return lambda station: station.place(sensor)[0].recover()


def _sun(sensor: Sensor) -> tuple[Act, Act]:
    def shine(kcps: float | None) -> Act:
        def act(station: Station) -> None:
            station.scene.ambient_kcps = kcps

        return act

    return shine(2e6), shine(None)


_FOREIGN = {"tof": "lsm6dsox", "imu": "ads1115", "pads": "lsm6dsox"}


def _another(sensor: Sensor) -> tuple[Act, Act]:
    """A chip of another kind at the same address."""
    made: list[SimChip] = []

    def begin(station: Station) -> None:
        bus, address = station.place(sensor)
        twin, _ = SIM_CHIPS[_FOREIGN[sensor]]
        made.append(twin(station.clock, StillScene(), address, index=9))
        bus.join(made[-1])

    return begin, lambda station: station.place(sensor)[0].leave(made.pop())


KINDS = (
    Kind("spark", 0.0, _spark, loses=False),
    Kind("no acknowledge", 0.4, _unplugged(power_cycle=False)),
    Kind("unplugged", 0.4, _unplugged(power_cycle=True)),
    Kind("power cycle", 0.0, _power_cycle, loses=False),
    Kind("frozen", 0.4, _frozen),
    Kind("reads FF", 0.4, _reads(0xFF)),
    Kind("reads 00", 0.4, _reads(0x00)),
    Kind("EIO", 0.4, _fails(errno.EIO)),
    Kind("EAGAIN", 0.4, _fails(errno.EAGAIN)),
    Kind("ETIMEDOUT", 0.4, _fails(errno.ETIMEDOUT)),
    Kind("sunlight", 0.5, _sun, loses=False, sensors=("tof",)),
    Kind("two on one address", 0.4, _another, loses=False),
)


# -- whole buses -------------------------------------------------------------------------------


def stuck(sensor: Sensor, until: Until) -> tuple[Act, Act]:
    """A line of the sensor's bus is held low until a rung of the ladder (or the end) frees it."""
    return lambda station: station.place(sensor)[0].stick(until), (
        _well(sensor) if until == "recover" else _nothing
    )


def all_unplugged(sensor: Sensor) -> tuple[Act, Act]:
    """The whole plug is pulled."""

    def begin(station: Station) -> None:
        for chip in station.place(sensor)[0].chips:
            chip.unplug()

    def end(station: Station) -> None:
        for chip in station.place(sensor)[0].chips:
            chip.plug()

    return begin, end


def all_power_cycled(sensor: Sensor) -> tuple[Act, Act]:
    """The supply is gone for a moment."""

    def begin(station: Station) -> None:
        for chip in station.place(sensor)[0].chips:
            chip.power_cycle()

    return begin, _nothing
