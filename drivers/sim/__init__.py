"""The simulated rig: chips at register level, a clock, pins, and a person who moves them.

States its registers itself: nothing here imports a driver, so that a misreading of a
datasheet shows as a disagreement instead of hiding on both sides.
"""

from __future__ import annotations

from drivers.sim.bus import SimBus
from drivers.sim.chips import SIM_CHIPS, bus_with
from drivers.sim.clock import VirtualClock

__all__ = ["SIM_CHIPS", "SimBus", "VirtualClock", "bus_with"]
