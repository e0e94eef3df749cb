"""The three that find repetitions, and which of them counts."""

from __future__ import annotations

from device.machine import HandMachine, Machine
from device.presence import rezero
from device.range_reps import RangeMachine
from device.reps import MAX_NS, RepMachine
from device.setup import Setting
from device.signals import Signals


class Machines:
    """``imu`` and ``range`` follow the same signals; ``hand`` is moved by the NEXT key."""

    def __init__(self, signals: Signals, stature_m: float) -> None:
        self._signals = signals
        self.imu = RepMachine(signals)
        self.range = RangeMachine(signals, stature_m)
        self.hand = HandMachine()

    def of(self, setting: Setting) -> Machine:
        """The one that counts with the sensors of ``setting``."""
        if setting.uses_imu:
            return self.imu
        return self.range if setting.uses_tof else self.hand

    def rezero(self, machine: Machine) -> None:
        """Nobody moves: the rest goes along with how they stand."""
        if machine is self.imu:
            rezero(self._signals)
        elif machine is self.range:
            self.range.rezero()

    def give_up(self, t_ns: int, machine: Machine, lost: tuple[str, ...]) -> None:
        """A movement whose sensor is gone for longer than a repetition lasts is over."""
        follows = "imu" if machine is self.imu else "tof"
        if follows in lost and machine.moving and t_ns - machine.start_ns > MAX_NS:
            machine.reset()
