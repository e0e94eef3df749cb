"""Chips, buses, pins. Knows no hip, no rep, no config file."""

from __future__ import annotations

from typing import Literal, NamedTuple

from drivers.ads1115 import DEFAULT_ADDRESS as ADS1115_ADDRESS
from drivers.ads1115 import Ads1115Pads
from drivers.lsm6dsox import DEFAULT_ADDRESS as LSM6DSOX_ADDRESS
from drivers.lsm6dsox import Lsm6dsox
from drivers.mpr121 import DEFAULT_ADDRESS as MPR121_ADDRESS
from drivers.mpr121 import Mpr121Pads
from drivers.vl53l1x import DEFAULT_ADDRESS as VL53L1X_ADDRESS
from drivers.vl53l1x import Vl53l1x

Driver = type[Vl53l1x] | type[Lsm6dsox] | type[Ads1115Pads] | type[Mpr121Pads]


class Chip(NamedTuple):
    """A chip that can be fitted. ``driver(bus, clock, address)`` makes one."""

    kind: Literal["tof", "imu", "pads"]
    driver: Driver
    address: int
    graded: bool = False
    """A pad's level follows how hard it is pressed, not only whether it is touched."""


CHIPS: dict[str, Chip] = {
    "vl53l1x": Chip("tof", Vl53l1x, VL53L1X_ADDRESS),
    "lsm6dsox": Chip("imu", Lsm6dsox, LSM6DSOX_ADDRESS),
    "ads1115": Chip("pads", Ads1115Pads, ADS1115_ADDRESS, graded=True),
    "mpr121": Chip("pads", Mpr121Pads, MPR121_ADDRESS),
}
"""Every chip there is a driver for: one file and one line add one."""
