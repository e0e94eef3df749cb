"""What the NEXT key says: that somebody is there, without the dowel, or on the other side now.

A visit is opened by a dowel on the back, or by the key where nothing shows one.

Three kinds of drills need the key: those that a ranger alone follows, those that no sensor at
the wall sees (a swing in free space), and those that are counted by hand. Where the IMU is
welcome but not needed, the key means "without it": the dowel may hang on its hook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from device.drills.drill import Side
from device.lifecycle import State
from device.setup import Setting
from device.signals import S
from device.tick import Key

CALL_NS = 20 * S
"""So long after the key somebody must be set up."""
KEPT_NS = 300 * S
"""So long without a movement ends a visit that no sensor sees."""
SET_UP_STATES = frozenset({"READY", "SET", "RESTING"})
RANGE_CODES = frozenset({"NO_TAP", "HIPS_NOT_BACK", "WALL_OTHER"})
"""Faults that a ranger alone can judge."""


def without_imu(setting: Setting) -> Setting:
    """The same drill followed by the ranger alone."""
    drill = replace(setting.drill, armed=setting.drill.armed & RANGE_CODES)
    return replace(setting, imu_fitted=False, drill=drill)


class Opening:
    """Keeps whether the key called, and which setting holds since."""

    def __init__(self, setting: Setting) -> None:
        self._full = setting
        self._bare = without_imu(setting)
        self._may_go_without = setting.uses_tof and not setting.drill.needs_imu
        self.setting = setting if setting.uses_imu or not setting.uses_tof else self._bare
        self.called = False
        self._since_ns = 0
        self.side: Side | None = (setting.side or "left") if setting.drill.sided else None

    @property
    def by_key(self) -> bool:
        """Only the key opens, as things are."""
        setting = self.setting
        sees_somebody = setting.uses_tof or setting.uses_pads
        return not setting.uses_imu or not sees_somebody

    def step(
        self,
        t_ns: int,
        keys: Sequence[Key],
        state: State,
        *,
        stopped: bool,
        moving: bool,
        dowel_on: bool,
    ) -> bool:
        """Take in a tick's keys. ``dowel_on``: pads say that it is on a back. True: the sensors
        that count have changed, set up anew."""
        set_up = state in SET_UP_STATES
        if "next" in keys:
            if self.side is not None and state in ("READY", "RESTING") and not stopped:
                self.side = "right" if self.side == "left" else "left"
            self.called, self._since_ns = True, t_ns
            if self._may_go_without and self.setting.uses_imu and not (dowel_on or stopped):
                self.setting = self._bare
                return True
        elif moving or (set_up and self.setting.uses_tof):
            self._since_ns = t_ns
        kept_ns = KEPT_NS if set_up else CALL_NS
        if self.called and t_ns - self._since_ns > kept_ns:
            self.forget()
        return False

    def notes(self, state: State, other: str | None) -> str | None:
        """What the page should say of the key and of the side, with ``other``."""
        said = [] if other is None else [other]
        if state in ("IDLE", "NEAR") and not self.called:
            if self.by_key:
                said.append("press NEXT to begin")
            elif self._may_go_without:
                said.append("take the dowel, or press NEXT to go without")
        if self.side is not None and state in SET_UP_STATES:
            said.append(f"{self.side} foot in front")
        return "; ".join(said) or None

    def forget(self) -> None:
        """Nobody is there any more."""
        self.called = False
        if self.side is not None:
            self.side = self._full.side or "left"
        if self._full.uses_imu:
            self.setting = self._full
