"""What finds the repetitions: in the IMU's samples, in the range alone, or nothing at all."""

from __future__ import annotations

from typing import Protocol

from device.signals import S


class Machine(Protocol):
    """What life cycle and pipeline ask of it."""

    moving: bool
    armed: bool

    @property
    def start_ns(self) -> int: ...

    def rest_ns(self) -> int: ...

    def reset(self) -> None: ...

    def arm_unanchored(self) -> None: ...


class HandMachine:
    """Reps are counted by a key: nothing is watched, everybody stands still."""

    start_ns = 0

    def __init__(self) -> None:
        self.moving = False
        self.armed = False

    def rest_ns(self) -> int:
        return 10 * S

    def reset(self) -> None:
        self.moving = False

    def arm_unanchored(self) -> None:
        """Nothing to wait for."""
