"""What goes wrong with the simulated rig, and when: plugs, power, wires, chips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from drivers.sim.bus import SimBus
from drivers.sim.chip import SimChip
from drivers.sim.rig import SimRig


class RigFault(Protocol):
    """``drivers.sim.scenario_file.Fault``: chip, kind, and when in s."""

    @property
    def at_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...
    @property
    def chip(self) -> str: ...
    @property
    def kind(self) -> str: ...


class RigFaults:
    """Does ``faults`` to ``rig`` at their times; 0 s is ``t0_ns``. Call ``step`` every tick."""

    def __init__(self, rig: SimRig, faults: Sequence[RigFault], t0_ns: int) -> None:
        self._rig = rig
        events = [(fault.at_s, True, fault) for fault in faults]
        events += [(fault.end_s, False, fault) for fault in faults]
        self._events = sorted(events, key=lambda event: event[0])
        self._t0_ns = t0_ns
        self._next = 0

    def step(self, t_ns: int) -> None:
        """Begin and end what is due."""
        while self._next < len(self._events):
            at_s, begins, fault = self._events[self._next]
            if t_ns < self._t0_ns + round(at_s * 1e9):
                return
            self._next += 1
            if fault.chip.startswith("bus-") and fault.kind == "stuck":
                self._bus(fault.chip).stick() if begins else self._bus(fault.chip).recover()
                continue
            for chip in self._chips(fault.chip):
                (_begin if begins else _end)(chip, fault.kind)

    def _bus(self, name: str) -> SimBus:
        return self._rig.wall if name == "bus-1" else self._rig.dowel

    def _chips(self, name: str) -> tuple[SimChip, ...]:
        if name.startswith("bus-"):
            return self._bus(name).chips
        both = (*self._rig.wall.chips, *self._rig.dowel.chips)
        return tuple(dict.fromkeys(chip for chip in both if chip.sensor == name))


def _begin(chip: SimChip, kind: str) -> None:
    if kind in ("unplug", "nack", "power_cycle"):
        chip.unplug()
    elif kind == "frozen":
        chip.freeze()
    elif kind == "stuck":
        chip.stick(True)


def _end(chip: SimChip, kind: str) -> None:
    if kind in ("unplug", "power_cycle"):
        chip.plug()
    elif kind == "nack":
        chip.plug(power_cycle=False)
    elif kind == "frozen":
        chip.unfreeze()
    elif kind == "stuck":
        chip.stick(False)
