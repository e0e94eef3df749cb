"""The dowel is held with its lower end up: sacrum and head pad have changed places."""

from __future__ import annotations

from device.conditions.rule import Condition

OVER_DEG = 130.0

DOWEL_UPSIDE_DOWN = Condition(
    "DOWEL_UPSIDE_DOWN",
    lambda view: view.lean_deg > OVER_DEG and "imu" not in view.lost,
    pauses=True,
)
