"""The whole rig without hardware: two buses of chips in front of one scene, and the pins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from drivers.clock import Clock
from drivers.sim.bus import SimBus
from drivers.sim.chips import bus_with
from drivers.sim.motor import Motor, ShakenScene
from drivers.sim.pins import Resettable, SimPins, Telling
from drivers.sim.scene import Scene

Lost = Literal["tof", "imu", "pads"]


@runtime_checkable
class Shaking(Protocol):
    """A chip that drives a motor: told how hard (0..1), and for how long (ns) or None."""

    on_drive: Callable[[float, int | None], None]


@dataclass(frozen=True)
class Fitted:
    """What hangs where: chip names as in ``SIM_CHIPS``, lowest ranger first."""

    tof: str = "vl53l1x"
    tofs: int = 1
    imu: str | None = "lsm6dsox"
    imu_address: int = 0x6A
    pads: str | None = "ads1115"
    pads_address: int = 0x48
    wall_number: int = 1
    wall_hz: int = 400_000
    dowel_number: int = 3
    dowel_hz: int = 400_000
    xshut_pins: Sequence[int] = (17, 27, 22)
    gpio1_pins: Sequence[int] = ()
    motor: Motor | None = None
    """A vibration motor in the dowel."""
    motor_pin: int = 12
    haptic: str | None = None
    """The chip on the dowel's bus that drives the motor, in place of its pin."""
    haptic_address: int = 0x5A
    power_pin: int | None = None
    """Switches the supply of the dowel's chips."""


class SimRig:
    """Simulated buses and pins of one station.

    ``wall`` and ``dowel`` are the two buses (one, when they share a number).
    ``buses`` (by number) take the place of ``/dev/i2c-N``, ``pins.factory`` that of gpiozero's
    factory; the drivers cannot tell the difference.
    """

    def __init__(self, scene: Scene, clock: Clock, fitted: Fitted, seed: int = 0) -> None:
        shaken = None if fitted.motor is None else ShakenScene(scene, fitted.motor, clock)
        scene = scene if shaken is None else shaken
        wall = [fitted.tof] * fitted.tofs
        dowel = [] if fitted.imu is None else [f"{fitted.imu}@{fitted.imu_address:#x}"]
        if fitted.pads is not None:
            dowel.append(f"{fitted.pads}@{fitted.pads_address:#x}")
        if fitted.haptic is not None:
            dowel.append(f"{fitted.haptic}@{fitted.haptic_address:#x}")
        if fitted.wall_number == fitted.dowel_number:
            wall, dowel = wall + dowel, []
        self.buses: dict[int, SimBus] = {
            fitted.wall_number: bus_with(
                *wall,
                clock=clock,
                scene=scene,
                speed_hz=fitted.wall_hz,
                name=f"i2c-{fitted.wall_number}",
                seed=seed,
            )
        }
        if fitted.dowel_number != fitted.wall_number:
            self.buses[fitted.dowel_number] = bus_with(
                *dowel,
                clock=clock,
                scene=scene,
                speed_hz=fitted.dowel_hz,
                name=f"i2c-{fitted.dowel_number}",
                seed=seed,
            )
        self.wall = self.buses[fitted.wall_number]
        self.dowel = self.buses[fitted.dowel_number]
        self._fitted = fitted
        self.rangers = tuple(chip for chip in self.wall.chips if chip.sensor == "tof")
        """Lowest first."""
        rangers = [chip for chip in self.rangers if isinstance(chip, Resettable)]
        telling = [chip for chip in self.rangers if isinstance(chip, Telling)]
        self.pins = SimPins(
            dict(zip(fitted.xshut_pins, rangers, strict=False)),
            dict(zip(fitted.gpio1_pins, telling, strict=False)),
        )
        if fitted.power_pin is not None:
            self.pins.watch(fitted.power_pin, self._supply)
        drivers = [chip for chip in self.dowel.chips if isinstance(chip, Shaking)]
        if shaken is not None and drivers:
            drivers[0].on_drive = shaken.supply
        elif shaken is not None:
            self.pins.watch(fitted.motor_pin, shaken.supply)

    def _supply(self, level: float) -> None:
        """The switch in the dowel's supply."""
        for chip in self.dowel.chips:
            chip.supply(level > 0)
        if level > 0:
            self.dowel.release("power")

    def _place(self, sensor: Lost) -> tuple[SimBus, int] | None:
        if sensor == "tof":
            return self.wall, self.rangers[0].address
        if sensor == "imu":
            return (self.dowel, self._fitted.imu_address) if self._fitted.imu else None
        return (self.dowel, self._fitted.pads_address) if self._fitted.pads else None

    def unplug(self, sensor: Lost) -> None:
        """Pull the plug of one chip; nothing happens for pads that are not fitted."""
        place = self._place(sensor)
        if place is not None:
            place[0].unplug(place[1])

    def plug(self, sensor: Lost) -> None:
        """Plug it in again: the chip starts from its reset values."""
        place = self._place(sensor)
        if place is not None:
            place[0].plug(place[1])
