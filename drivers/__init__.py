"""Chips, buses, pins. Knows no hip, no rep, no config file."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple, Protocol

from drivers.ads1115 import Ads1115Pads
from drivers.bus import Bus
from drivers.cap1203 import Cap1203Pads
from drivers.clock import Clock
from drivers.drv2605l import Drv2605l
from drivers.lsm6dsox import Lsm6dsox
from drivers.lsm6dsv16x import Lsm6dsv16x
from drivers.mpr121 import Mpr121Pads
from drivers.mpu6050 import GYRO_RANGES_DPS, Mpu6050
from drivers.samples import Steps
from drivers.vl53l1x import Vl53l1x
from drivers.vl53l4cd import Vl53l4cd


class Driver(Protocol):
    """What the driver of any sensor has; ``settings`` and ``read`` are those of its kind."""

    name: str
    addresses: ClassVar[tuple[int, ...]]
    """Where its straps can put it, its own first; a ranger may be given any other."""
    address: int
    identity: str
    """What the chip said of itself at its bring-up (model, revision, trims); "" before."""

    def __init__(self, bus: Bus, clock: Clock, address: int, /, **settings: Any) -> None: ...

    @property
    def retries(self) -> int:
        """Retries made so far."""
        ...

    def bring_up(self) -> Steps:
        """From any state to measuring. Raises ChipError."""
        ...

    def read(self) -> Any:
        """What is new since the last read. Raises ChipError."""
        ...

    def stop(self) -> None:
        """Stop measuring. Raises BusFault."""
        ...


class Chip(NamedTuple):
    """A chip that can be fitted."""

    kind: Literal["tof", "imu", "pads"]
    driver: type[Driver]
    graded: bool = False
    """A pad's level follows how hard it is pressed, not only whether it is touched."""
    pads_hz: float = 60.0
    """Samples a second that each pad gives at least: what the station wants, or what a slow
    part can."""
    gyro_dps: tuple[int, ...] = ()
    """The ranges of an IMU that does not have all the configuration knows."""

    @property
    def addresses(self) -> tuple[int, ...]:
        """Those of its driver."""
        return self.driver.addresses

    @property
    def address(self) -> int:
        """Where it is found unless the configuration says otherwise."""
        return self.driver.addresses[0]


CHIPS: dict[str, Chip] = {
    "vl53l1x": Chip("tof", Vl53l1x),
    "vl53l4cd": Chip("tof", Vl53l4cd),
    "lsm6dsox": Chip("imu", Lsm6dsox),
    "mpu6050": Chip("imu", Mpu6050, gyro_dps=GYRO_RANGES_DPS),
    "lsm6dsv16x": Chip("imu", Lsm6dsv16x),
    "ads1115": Chip("pads", Ads1115Pads, graded=True),
    "mpr121": Chip("pads", Mpr121Pads),
    "cap1203": Chip("pads", Cap1203Pads, pads_hz=27.0),
}
"""Every chip there is a driver for: one file and one line add one."""


class Haptic(NamedTuple):
    """A chip that drives the motor in the dowel."""

    driver: type[Drv2605l]

    @property
    def address(self) -> int:
        """Where it is found."""
        return self.driver.addresses[0]


HAPTICS: dict[str, Haptic] = {"drv2605l": Haptic(Drv2605l)}
"""As ``CHIPS``, of what shakes."""
