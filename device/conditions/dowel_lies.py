"""The dowel lies: flat, and nobody moves it."""

from __future__ import annotations

from device.conditions.rule import Condition, WallView

FLAT_DEG = (60.0, 120.0)
QUIET_NS = 1_200_000_000
"""Somebody who has bent that far moves a little sooner than this; a dowel on the floor never."""


def _holds(view: WallView) -> bool:
    low, high = FLAT_DEG
    return (
        low < view.lean_deg < high
        and view.quiet_ns > QUIET_NS
        and not view.worn
        and "imu" not in view.lost
    )


DOWEL_LIES = Condition("DOWEL_LIES", _holds, pauses=True)
