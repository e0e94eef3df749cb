"""Somebody is here and the dowel hangs on its hook."""

from __future__ import annotations

from device.conditions.rule import Condition, WallView

UPRIGHT_DEG = 12.0


def _holds(view: WallView) -> bool:
    hangs = view.lean_deg < UPRIGHT_DEG and view.hangs
    off = not any(view.closed) if view.uses_pads else not view.zeroed
    return view.body and hangs and off and not view.set_up and "imu" not in view.lost


DOWEL_HANGS = Condition("DOWEL_HANGS", _holds)
