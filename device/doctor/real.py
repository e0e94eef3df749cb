"""The station this program stands on, for ``examine``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from device.config_model import Config
from device.doctor.helper import AtTerminal, Nobody
from device.doctor.host import read_machine
from device.doctor.machine import Machine
from device.doctor.measure import Rig
from device.real import open_pins
from drivers.bus import open_bus
from drivers.clock import MonotonicClock


class RealStation(NamedTuple):
    """``device.doctor.examine.Station``."""

    config: Config
    rig: Rig
    machine: Machine


def real_station(config: Config, *, attended: bool) -> RealStation:
    """The configured buses and pins; somebody is asked only at a terminal."""
    at_hand = attended and sys.stdin.isatty()
    rig = Rig(MonotonicClock(), open_bus, open_pins, AtTerminal() if at_hand else Nobody())
    return RealStation(config, rig, read_machine(Path(config.paths.data_dir)))
